{#- Body of stg_<shop>__customers: registered customers of one shop instance. -#}
{% macro shop_customers(source_name) %}
{%- set shop = shop_settings(source_name) -%}
{%- set raw_columns = [
    "id", "email", "first_name", "last_name", "phone", "address1", "address2", "city", "province",
    "zip", "country_code", "date_of_birth", "accepts_marketing", "tags", "created_at",
    "updated_at", "_deleted",
] -%}
with customers as (

    select * from {{ source(source_name, 'customers') }}

),

customers_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ standardise_name('first_name') }} as given_name,
        {{ standardise_name('last_name') }} as family_name,
        {{ clean_text('email') }} as email_raw,
        {{ standardise_email('email') }} as email,
        {{ clean_text('phone') }} as phone_raw,
        {{ clean_text('address1') }} as address_line_1,
        {{ clean_text('address2') }} as address_line_2,
        {{ clean_text('city') }} as city,
        {{ clean_text('province') }} as region,
        {{ standardise_postal_code('zip', 'upper(trim(country_code))') }} as postal_code,
        {{ source_key('country_code') }} as country_raw,
        {{ clean_text('date_of_birth') }} as birth_date_raw,
        {{ parse_date('date_of_birth', [shop.birth_date_layout]) }} as birth_date_read,
        accepts_marketing as is_accepting_marketing_raw,
        {{ parse_boolean('accepts_marketing') }} as is_accepting_marketing,
        {{ regexp_like("lower(coalesce(tags, ''))", "(^|[^a-z])test([^a-z]|$)") }}
            as is_test_account,
        {{ parse_boolean('_deleted') }} as is_deleted,
        created_at as created_at_raw,
        {{ shop_timestamp('created_at', shop) }} as created_at_read,
        updated_at as updated_at_raw,
        {{ shop_timestamp('updated_at', shop) }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from customers

)

select
    '{{ source_name }}:' || source_pk as record_id,
    '{{ source_name }}' as source,
    source_pk,
    'profile' as record_type,
    given_name,
    family_name,
    nullif({{ string_concat_ws(' ', ['given_name', 'family_name']) }}, '') as full_name,
    email_raw,
    email,
    phone_raw,
    address_line_1,
    address_line_2,
    city,
    region,
    postal_code,
    country_raw,
    '{{ shop.country_code }}' as default_country_code,
    birth_date_raw,
    is_accepting_marketing,
    is_test_account,
    coalesce(is_deleted, false) as is_deleted,
    {{ plausible_birth_date('birth_date_read') }} as birth_date,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email'],
        enums=['is_accepting_marketing'],
        birth_dates=['birth_date'],
        timestamps=['created_at', 'updated_at']
    ) }} as quality_issues
from customers_read
{% endmacro %}
