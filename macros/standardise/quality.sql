{#-
    The row's quality issues as 'column:issue;column:issue', null when there are none. `checks`
    is a list of {'when': condition, 'column': name, 'issue': issue}; a condition that is null
    counts as false. Never put a value into it: issues are shown to people who may not see data.
-#}
{% macro quality_issues(checks) -%}
{%- set items = [] -%}
{%- for check in checks -%}
    {%- do items.append(
        'case when ' ~ check['when'] ~ ' then '
        ~ text_literal(check['column'] ~ ':' ~ check['issue']) ~ ' end'
    ) -%}
{%- endfor -%}
{%- if items -%}
nullif({{ string_concat_ws(';', items) }}, '')
{%- else -%}
cast(null as text)
{%- endif -%}
{%- endmacro %}


{#- A condition: the source wrote something (no blank, no placeholder) and it could not be read.
    A case, not an `and`: DuckDB works out both sides of an `and`, and cleaning every value that
    was read well cost more than reading it. -#}
{% macro issue_unparseable(raw_expression, parsed_expression) -%}
case when {{ parsed_expression }} is null then {{ clean_text(raw_expression) }} is not null end
{%- endmacro %}
