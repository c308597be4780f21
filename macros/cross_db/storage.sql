{#
    The columns of a contracted table as dbt creates it on DuckDB: keys are stored as they are.

    DuckDB packs every text column. For words that recur (a channel, a country) that costs nothing
    and spares most of the room; on keys and addresses, of which nearly each row has its own, it took
    half of the time of writing a table and spared half of their room. So the columns that
    `holds_own_texts` names are not packed: a build takes a sixth less processor time, and the
    file grows by some three fifths (docs/benchmarks.md). State stays packed: it is backed up, and
    little of it is written in a run.
#}
{% macro duckdb__get_table_columns_and_constraints() -%}
    {%- set rendered = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
    {%- set constraints = adapter.render_raw_model_constraints(
        raw_constraints=model['constraints']
    ) -%}
    {%- set is_state = model.database == state_database() -%}
    {%- set definitions = [] -%}
    {%- for column in model['columns'].values() -%}
        {%- set is_plain = not is_state and holds_own_texts(column) -%}
        {%- do definitions.append(
            rendered[loop.index0] ~ (' using compression uncompressed' if is_plain else '')
        ) -%}
    {%- endfor -%}
    (
        {{ (definitions + constraints) | join(',\n        ') }}
    )
{%- endmacro %}


{# Whether a column of a contract is a text of which most rows have one of their own. #}
{% macro holds_own_texts(column) -%}
    {%- set name = column.name -%}
    {%- set is_key = name.endswith('_id') or name.endswith('_pk') or name.endswith('_hash') -%}
    {%- set is_value = name in [
        'email', 'email_raw', 'phone', 'phone_raw', 'contact_point', 'contact_point_raw',
        'identifier_value', 'detail_value', 'order_number', 'loyalty_card_number', 'full_name',
        'address_line_1', 'postal_code',
    ] -%}
    {{- return(column.data_type == 'text' and (is_key or is_value)) -}}
{%- endmacro %}
