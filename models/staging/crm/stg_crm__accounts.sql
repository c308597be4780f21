{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "id", "name", "website", "industry", "employee_count", "billing_city", "billing_postal_code",
    "billing_country", "created_date", "last_modified_date", "_deleted",
] -%}
with accounts as (

    select * from {{ source('crm', 'accounts') }}

),

accounts_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ clean_text('name') }} as account_name,
        nullif(
            {{ regexp_replace_all(
                regexp_replace_all(lower_text('trim(website)'), '^(https?://)?(www[.])?', ''),
                '[/?#:].*$', ''
            ) }},
            ''
        ) as domain,
        {{ clean_text('industry') }} as industry,
        {{ clean_text('billing_city') }} as city,
        {{ standardise_postal_code('billing_postal_code', upper_code('trim(billing_country)')) }}
            as postal_code,
        {{ source_key('billing_country') }} as country_raw,
        employee_count as employee_count_raw,
        {{ parse_integer('employee_count') }} as employee_count,
        {{ parse_boolean('_deleted') }} as is_deleted,
        created_date as created_at_raw,
        {{ parse_timestamp('created_date', 'iso') }} as created_at_read,
        last_modified_date as updated_at_raw,
        {{ parse_timestamp('last_modified_date', 'iso') }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from accounts

)

select
    'crm:' || source_pk as account_id,
    'crm' as source,
    source_pk,
    account_name,
    domain,
    industry,
    city,
    postal_code,
    country_raw,
    'GB' as default_country_code,
    employee_count,
    coalesce(is_deleted, false) as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        numbers=['employee_count'],
        timestamps=['created_at', 'updated_at']
    ) }} as quality_issues
from accounts_read
