{#- Body of stg_<shop>__orders: orders of one shop instance. Amounts include tax. -#}
{% macro shop_orders(source_name) %}
{%- set shop = shop_settings(source_name) -%}
{%- set raw_columns = [
    "id", "order_number", "customer_id", "email", "phone", "shipping_name", "shipping_address1",
    "shipping_address2", "shipping_city", "shipping_zip", "shipping_country_code", "currency",
    "subtotal_price", "total_discounts", "total_tax", "shipping_price", "total_price",
    "financial_status", "fulfillment_type", "is_test", "created_at", "updated_at", "cancelled_at",
] -%}
with orders as (

    select * from {{ source(source_name, 'orders') }}

),

orders_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ source_key('order_number') }} as order_number,
        case
            when {{ has_value('customer_id') }} then trim(customer_id)
            when {{ is_attributable_order() }} then 'order/' || {{ source_key('id') }}
        end as person_source_pk,
        upper({{ source_key('currency') }}) as currency_code,
        financial_status as status_raw,
        {{ standardise_enum('financial_status', {
            'paid': 'completed',
            'partially_refunded': 'completed',
            'refunded': 'completed',
            'pending': 'pending',
            'voided': 'cancelled',
        }) }} as status,
        fulfillment_type as fulfilment_method_raw,
        {{ standardise_enum('fulfillment_type', {
            'ship': 'shipped',
            'click_and_collect': 'click_and_collect',
        }) }} as fulfilment_method,
        subtotal_price as gross_amount_raw,
        {{ shop_amount('subtotal_price', shop) }} as gross_amount,
        total_discounts as discount_amount_raw,
        {{ shop_amount('total_discounts', shop) }} as discount_amount,
        total_tax as tax_amount_raw,
        {{ shop_amount('total_tax', shop) }} as tax_amount,
        shipping_price as shipping_amount_raw,
        {{ shop_amount('shipping_price', shop) }} as shipping_amount,
        is_test as is_test_raw,
        {{ parse_boolean('is_test') }} as is_test,
        created_at as ordered_at_raw,
        {{ shop_timestamp('created_at', shop) }} as ordered_at_read,
        cancelled_at as cancelled_at_raw,
        {{ shop_timestamp('cancelled_at', shop) }} as cancelled_at_read,
        updated_at as updated_at_raw,
        {{ shop_timestamp('updated_at', shop) }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from orders

),

orders_in_range as (

    select
        source_pk,
        order_number,
        person_source_pk,
        currency_code,
        case when {{ has_value('cancelled_at_raw') }} then 'cancelled' else status end as status,
        fulfilment_method,
        gross_amount,
        discount_amount,
        tax_amount,
        shipping_amount,
        is_test,
        {{ plausible_timestamp('ordered_at_read') }} as ordered_at,
        {{ plausible_timestamp('cancelled_at_read') }} as cancelled_at,
        {{ plausible_timestamp('updated_at_read') }} as updated_at,
        loaded_at,
        row_hash,
        {{ staging_issues(
            key='source_pk',
            enums=['status', 'fulfilment_method', 'is_test'],
            numbers=['gross_amount', 'discount_amount', 'tax_amount', 'shipping_amount'],
            timestamps=['ordered_at', 'cancelled_at', 'updated_at']
        ) }} as quality_issues
    from orders_read

)

select
    '{{ source_name }}:' || source_pk as order_id,
    '{{ source_name }}' as source,
    source_pk,
    order_number,
    'online' as channel,
    '{{ source_name }}:' || person_source_pk as person_record_id,
    '{{ shop.country_code }}' as country_code,
    currency_code,
    status,
    fulfilment_method,
    gross_amount,
    discount_amount,
    tax_amount,
    shipping_amount,
    is_test,
    false as is_deleted,
    {{ local_date('ordered_at', "'" ~ shop.time_zone ~ "'") }} as ordered_date,
    ordered_at,
    cancelled_at,
    updated_at,
    loaded_at,
    row_hash,
    quality_issues
from orders_in_range
{{ latest_loads() }}
{% endmacro %}
