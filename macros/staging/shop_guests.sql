{#- Body of stg_<shop>__guests: the people of orders without a customer account. -#}
{% macro shop_guests(source_name) %}
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

guests_read as (

    select
        'order/' || {{ source_key('id') }} as source_pk,
        {{ standardise_name('shipping_name') }} as full_name,
        {{ clean_text('email') }} as email_raw,
        {{ standardise_email('email') }} as email,
        {{ clean_text('phone') }} as phone_raw,
        {{ clean_text('shipping_address1') }} as address_line_1,
        {{ clean_text('shipping_address2') }} as address_line_2,
        {{ clean_text('shipping_city') }} as city,
        {{ standardise_postal_code('shipping_zip', 'upper(trim(shipping_country_code))') }}
            as postal_code,
        {{ source_key('shipping_country_code') }} as country_raw,
        is_test as is_test_account_raw,
        {{ parse_boolean('is_test') }} as is_test_account,
        created_at as created_at_raw,
        {{ shop_timestamp('created_at', shop) }} as created_at_read,
        updated_at as updated_at_raw,
        {{ shop_timestamp('updated_at', shop) }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from orders
    where {{ is_attributable_order() }}

)

select
    '{{ source_name }}:' || source_pk as record_id,
    '{{ source_name }}' as source,
    source_pk,
    'interaction' as record_type,
    {{ given_name_of('full_name') }} as given_name,
    {{ family_name_of('full_name') }} as family_name,
    full_name,
    email_raw,
    email,
    phone_raw,
    address_line_1,
    address_line_2,
    city,
    postal_code,
    country_raw,
    '{{ shop.country_code }}' as default_country_code,
    is_test_account,
    false as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email'],
        enums=['is_test_account'],
        timestamps=['created_at', 'updated_at']
    ) }} as quality_issues
from guests_read
{% endmacro %}
