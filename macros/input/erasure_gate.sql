{#
    The first step of the intermediate layer: rows of people who were erased do not come back,
    however often their raw rows are loaded.

    A row is suppressed if it is, or names, a suppressed record; if it carries a value whose keyed
    hash stands in the state table `suppressed_identifiers` (an e-mail, a card, a visitor, the id
    of a record that is in no person table any more); or if it belongs to a suppressed order.
    Rendered as a where clause for the relation `alias`, whose columns are [(name, type)].
#}
{% macro erasure_gate(alias, columns, entity=none) -%}
    {%- set conditions = suppression_conditions(alias, columns, entity) -%}
    {%- if conditions | length > 0 -%}
    where not ({{ conditions | join('\n        or ') }})
    {%- endif -%}
{%- endmacro %}


{% macro suppression_conditions(alias, columns, entity=none) -%}
    {#- Outside any condition: dbt must see them while it is only parsing. -#}
    {%- set suppressed_records = ref('int_suppressed_records') -%}
    {%- do source('cdp_state', 'suppressed_identifiers') -%}
    {%- set has_orders = entity in ['orders', 'order_items', 'refunds'] -%}
    {%- set suppressed_orders = ref('int_suppressed_orders') if has_orders else none -%}
    {%- set names = columns | map('first') | list -%}
    {%- set conditions = [] -%}
    {%- for column in ['record_id', 'person_record_id'] if column in names -%}
        {%- do conditions.append(
            'coalesce(' ~ alias ~ '.' ~ column ~ ' in (select suppressed.record_id from '
            ~ suppressed_records ~ ' as suppressed), false)'
        ) -%}
    {%- endfor -%}
    {%- for column, kind in [
        ('person_record_id', "'record'"),
        ('anonymous_id', "'visitor'"),
        ('email', "'email'"),
        ('loyalty_card_number', "'loyalty_card'"),
        ('contact_point', alias ~ '.contact_point_type'),
    ] if column in names and 'record_id' not in names -%}
        {%- do conditions.append(is_suppressed_value(kind, alias ~ '.' ~ column)) -%}
    {%- endfor -%}
    {%- if has_orders and 'order_id' in names -%}
        {%- do conditions.append(
            'coalesce(' ~ alias ~ '.order_id in (select suppressed.order_id from '
            ~ suppressed_orders ~ ' as suppressed), false)'
        ) -%}
    {%- endif -%}
    {{- return(conditions) -}}
{%- endmacro %}


{#
    Whether the keyed hash of a value of a kind stands among the tombstones; never null. Hashing
    costs a microsecond a row, so nothing is hashed as long as nobody was erased.
#}
{% macro is_suppressed_value(kind, value) -%}
    {%- set suppressed_identifiers = source('cdp_state', 'suppressed_identifiers') -%}
    {{- return(
        'coalesce(case when exists (select 1 from ' ~ suppressed_identifiers ~ ') then '
        ~ keyed_hash(kind ~ " || ':' || " ~ value)
        ~ ' end in (select suppressed.identifier_hash from '
        ~ suppressed_identifiers ~ ' as suppressed), false)'
    ) -}}
{%- endmacro %}
