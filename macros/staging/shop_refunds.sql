{#- Body of stg_<shop>__refunds: money given back for an order line of one shop instance. -#}
{% macro shop_refunds(source_name) %}
{%- set shop = shop_settings(source_name) -%}
{%- set raw_columns = [
    "id", "order_id", "order_line_id", "quantity", "amount", "reason", "created_at",
] -%}
with refunds as (

    select * from {{ source(source_name, 'refunds') }}

),

refunds_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ source_key('order_id') }} as order_source_pk,
        {{ source_key('order_line_id') }} as order_line_source_pk,
        {{ clean_text('reason') }} as reason,
        quantity as quantity_raw,
        {{ parse_integer('quantity') }} as quantity,
        amount as refund_amount_raw,
        {{ shop_amount('amount', shop) }} as refund_amount,
        created_at as refunded_at_raw,
        {{ shop_timestamp('created_at', shop) }} as refunded_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from refunds

)

select
    '{{ source_name }}:' || source_pk as refund_id,
    '{{ source_name }}:' || order_source_pk as order_id,
    '{{ source_name }}:' || order_line_source_pk as order_item_id,
    '{{ source_name }}' as source,
    reason,
    quantity,
    refund_amount,
    false as is_deleted,
    {{ plausible_timestamp('refunded_at_read') }} as refunded_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        numbers=['quantity', 'refund_amount'],
        timestamps=['refunded_at']
    ) }} as quality_issues
from refunds_read
{% endmacro %}
