{#
    The first step of the intermediate layer: rows of people who were erased do not come back,
    however often their raw rows are loaded.

    A row is suppressed if it is, or names, a suppressed record, or if it carries an identifier
    whose keyed hash stands in the state table `suppressed_identifiers`. Rendered as a where
    clause for the relation `alias`, whose columns are [(name, type)].
#}
{% macro erasure_gate(alias, columns) -%}
    {%- set conditions = suppression_conditions(alias, columns) -%}
    {%- if conditions | length > 0 -%}
    where not ({{ conditions | join('\n        or ') }})
    {%- endif -%}
{%- endmacro %}


{% macro suppression_conditions(alias, columns) -%}
    {#- Outside any condition: dbt must see both while it is only parsing. -#}
    {%- set suppressed_records = ref('int_suppressed_records') -%}
    {%- set suppressed_identifiers = source('cdp_state', 'suppressed_identifiers') -%}
    {%- set names = columns | map('first') | list -%}
    {%- set conditions = [] -%}
    {%- for column in ['record_id', 'person_record_id'] if column in names -%}
        {%- do conditions.append(
            'coalesce(' ~ alias ~ '.' ~ column ~ ' in (select suppressed.record_id from '
            ~ suppressed_records ~ ' as suppressed), false)'
        ) -%}
    {%- endfor -%}
    {%- for column, kind in [
        ('email', "'email'"),
        ('loyalty_card_number', "'loyalty_card'"),
        ('contact_point', alias ~ '.contact_point_type'),
    ] if column in names and 'record_id' not in names -%}
        {%- do conditions.append(
            'coalesce(' ~ keyed_hash(kind ~ " || ':' || " ~ alias ~ '.' ~ column)
            ~ ' in (select suppressed.identifier_hash from '
            ~ suppressed_identifiers ~ ' as suppressed), false)'
        ) -%}
    {%- endfor -%}
    {{- return(conditions) -}}
{%- endmacro %}
