{#-
    Text to a timestamp without zone (UTC where the text states a zone), null when it is none:
    impossible dates, hour 25 and years outside 1000-2999 included. Never an error.

    layouts: iso            2026-03-01T14:05:11Z, blank or T, seconds and fraction optional, a
                            stated offset is converted to UTC, no zone is taken as it stands;
                            a bare date is its midnight
             dmy_dots       01.03.2026 14:05:11, seconds optional, a bare date is its midnight
             epoch_seconds  1772373911, fraction dropped, at most 10 digits
             epoch_millis   1772373911123, fraction dropped, at most 13 digits
-#}
{% macro parse_timestamp(expression, layout) -%}
    {%- if layout == 'epoch_seconds' -%}
        {{ return(adapter.dispatch('timestamp_of_epoch', 'warehouse_cdp')(
            regexp_extract_first(expression, '^[ ]*(-?[0-9]{1,10})(?:[.][0-9]*)?[ ]*$'), 1000000
        )) }}
    {%- elif layout == 'epoch_millis' -%}
        {{ return(adapter.dispatch('timestamp_of_epoch', 'warehouse_cdp')(
            regexp_extract_first(expression, '^[ ]*(-?[0-9]{1,13})(?:[.][0-9]*)?[ ]*$'), 1000
        )) }}
    {%- elif layout in ('iso', 'dmy_dots') -%}
        {%- set any_spelling = adapter.dispatch('timestamp_of_canonical', 'warehouse_cdp')(
            _canonical_timestamp(expression, layout)
        ) -%}
        {%- if layout == 'dmy_dots' -%}
            {%- set day_first -%}
            substr({{ expression }}, 7, 4) || '-' || substr({{ expression }}, 4, 2) || '-'
            || substr({{ expression }}, 1, 2) || substr({{ expression }}, 11)
            {%- endset -%}
            {{ return(read_plain_spelling(
                expression,
                '^[0-9]{2}[.][0-9]{2}[.][12][0-9]{3} (?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?$',
                'try_cast(' ~ day_first ~ ' as timestamp)',
                any_spelling
            )) }}
        {%- endif -%}
        {{ return(read_plain_spelling(
            expression,
            _plain_iso_pattern() ~ 'Z?$',
            'try_cast(' ~ expression ~ ' as timestamp)',
            any_spelling
        )) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "parse_timestamp: layout '" ~ layout ~ "' is unknown; valid are iso, dmy_dots, "
            ~ "epoch_seconds, epoch_millis"
        ) }}
    {%- endif -%}
{%- endmacro %}


{#- The text in a form both engines can cast, with a zone; the day may still be impossible. -#}
{% macro _canonical_timestamp(expression, layout) -%}
{%- set clock = '(?:[01][0-9]|2[0-3]):[0-5][0-9]' -%}
{%- set seconds = '(?::[0-5][0-9](?:[.,][0-9]+)?)?' -%}
{%- set zone = '(?:[Zz]|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?' -%}
{%- if layout == 'iso' -%}
    {%- set day = '[12][0-9]{3}-[0-9]{2}-[0-9]{2}' -%}
    {%- set shape = '^[ ]*(' ~ day ~ '(?:[Tt ]' ~ clock ~ seconds ~ '[ ]?' ~ zone ~ ')?)[ ]*$' -%}
    {%- set shaped = regexp_extract_first(expression, shape) -%}
{%- else -%}
    {%- set day = '[0-9]{1,2}[.][0-9]{1,2}[.][12][0-9]{3}' -%}
    {%- set shape = '^[ ]*(' ~ day ~ '(?:[ ]' ~ clock ~ seconds ~ ')?)[ ]*$' -%}
    {%- set shaped = regexp_replace_all(
        regexp_extract_first(expression, shape),
        '^([0-9]{1,2})[.]([0-9]{1,2})[.]([0-9]{4})', '\\3-\\2-\\1'
    ) -%}
{%- endif -%}
{#- In turn: a date's midnight, no blank before the zone, microseconds at most, UTC if no zone. -#}
{%- set steps = [
    ('^([0-9-]+)$', '\\1 00:00'),
    ('([0-9])[ ]+([Zz+-])', '\\1\\2'),
    ('[.,]([0-9]{1,6})[0-9]*', '.\\1'),
    ('^([0-9-]+[Tt ][0-9:.]+)$', '\\1Z'),
] -%}
{%- set canonical = namespace(sql=shaped) -%}
{%- for pattern, replacement in steps -%}
    {%- set canonical.sql = regexp_replace_all(canonical.sql, pattern, replacement) -%}
{%- endfor -%}
upper({{ canonical.sql }})
{%- endmacro %}


{#- The spelling that nearly all machines write, up to its seconds. -#}
{% macro _plain_iso_pattern() -%}
^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]
{%- endmacro %}


{% macro default__timestamp_of_canonical(canonical) -%}
(try_cast({{ canonical }} as timestamptz) at time zone 'UTC')
{%- endmacro %}

{% macro postgres__timestamp_of_canonical(canonical) -%}
{{ helper_function('cdp_timestamp_or_null') }}({{ canonical }})
{%- endmacro %}


{% macro default__timestamp_of_epoch(digits, microseconds) -%}
make_timestamp(cast({{ digits }} as bigint) * {{ microseconds }})
{%- endmacro %}

{% macro postgres__timestamp_of_epoch(digits, microseconds) -%}
(
    timestamp '1970-01-01 00:00:00'
    + cast({{ digits }} as bigint) * interval '{{ microseconds }} microseconds'
)
{%- endmacro %}


{#-
    A zone's wall clock to UTC; the zone is an SQL expression such as 'Europe/London' in quotes.
    When clocks go back, the repeated hour is read as its second pass (winter time); when they go
    forward, a time that did not exist counts on from before the change (02:30 is 03:30 summer
    time). An unknown zone is an error: it is declared, not data.
-#}
{% macro to_utc(timestamp_expression, zone_expression) -%}
    {{ return(adapter.dispatch('to_utc', 'warehouse_cdp')(timestamp_expression, zone_expression)) }}
{%- endmacro %}

{% macro default__to_utc(timestamp_expression, zone_expression) -%}
(({{ timestamp_expression }} at time zone {{ zone_expression }}) at time zone 'UTC')
{%- endmacro %}


{#-
    Text that is a zone's wall clock, to UTC. Text that states an offset or Z says itself what UTC
    is: parse_timestamp has converted it, and the zone does not apply. A stated offset follows a
    clock, so the day of a bare date is not taken for one.
-#}
{% macro parse_local_timestamp(expression, layout, zone_expression) -%}
{%- set parsed = parse_timestamp(expression, layout) -%}
{%- if layout == 'iso' -%}
{%- set any_spelling -%}
case
    when {{ regexp_like(
        expression, '[Tt ][0-9]{2}:[0-9:.,]+[ ]?([Zz]|[+-][0-9:]+)[ ]*$'
    ) }}
        then {{ parsed }}
    else {{ to_utc(parsed, zone_expression) }}
end
{%- endset -%}
{{ read_plain_spelling(
    expression,
    _plain_iso_pattern() ~ '$',
    to_utc('try_cast(' ~ expression ~ ' as timestamp)', zone_expression),
    any_spelling
) }}
{%- else -%}
{{ to_utc(parsed, zone_expression) }}
{%- endif -%}
{%- endmacro %}


{#- The business day of a moment in UTC, where the business is. -#}
{% macro local_date(utc_timestamp_expression, zone_expression) -%}
    {{ return(adapter.dispatch('local_date', 'warehouse_cdp')(
        utc_timestamp_expression, zone_expression
    )) }}
{%- endmacro %}

{% macro default__local_date(utc_timestamp_expression, zone_expression) -%}
cast(
    ({{ utc_timestamp_expression }} at time zone 'UTC') at time zone {{ zone_expression }} as date
)
{%- endmacro %}
