{#
    The one clock of the project. Everything relative to "now" is relative to this, so that a run
    can be repeated and a past day looked at. The text form is for places that take no SQL.
#}
{% macro as_of() -%}
    cast('{{ as_of_text() }}' as {{ type_timestamp() }})
{%- endmacro %}


{% macro as_of_text() -%}
    {%- set given = var('as_of', '') | string | trim -%}
    {#- While dbt only parses, a wrong value is left for check_variables to name. -#}
    {%- if given == '' or not execute -%}
        {{- return(run_started_at.strftime('%Y-%m-%d %H:%M:%S')) -}}
    {%- endif -%}
    {%- set parsed = try_parse_as_of(given) -%}
    {%- if parsed is none -%}
        {{- exceptions.raise_compiler_error(
            "var as_of: '" ~ given ~ "' is neither YYYY-MM-DD nor YYYY-MM-DD HH:MM:SS (UTC)"
        ) -}}
    {%- endif -%}
    {{- return(parsed) -}}
{%- endmacro %}


{# none when the text is no real date, so that check_variables can name it beside the others #}
{% macro try_parse_as_of(given) -%}
    {%- set shape = '^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})Z?)?$' -%}
    {%- set found = modules.re.match(shape, given) -%}
    {%- if not found -%}{{- return(none) -}}{%- endif -%}
    {%- set part = found.groups('0') -%}
    {%- set year, month, day = part[0] | int, part[1] | int, part[2] | int -%}
    {%- set hour, minute, second = part[3] | int, part[4] | int, part[5] | int -%}
    {%- set is_leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 -%}
    {%- set days = [31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] -%}
    {%- if not (1 <= month <= 12 and hour <= 23 and minute <= 59 and second <= 59)
        or year < 1990 or day < 1 or day > days[month - 1] -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return(modules.datetime.datetime(
        year, month, day, hour, minute, second
    ).strftime('%Y-%m-%d %H:%M:%S')) -}}
{%- endmacro %}
