{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "id", "account_id", "salutation", "first_name", "middle_name", "last_name", "suffix",
    "birthdate", "gender", "email", "email_2", "email_3", "phone", "mobile_phone",
    "mailing_street", "mailing_street_2", "mailing_city", "mailing_state", "mailing_postal_code",
    "mailing_country", "title", "preferred_language", "master_record_id", "created_date",
    "last_modified_date", "_deleted",
] -%}
with contacts as (

    select * from {{ source('crm', 'contacts') }}

),

contacts_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ source_key('account_id') }} as account_source_pk,
        {{ source_key('master_record_id') }} as merged_into_source_pk,
        {{ clean_text('salutation') }} as name_prefix,
        {{ standardise_name('first_name') }} as given_name,
        {{ standardise_name('middle_name') }} as middle_name,
        {{ standardise_name('last_name') }} as family_name,
        {{ clean_text('suffix') }} as name_suffix,
        gender as gender_raw,
        {{ standardise_gender('gender') }} as gender,
        {{ clean_text('email') }} as email_raw,
        {{ standardise_email('email') }} as email,
        {{ clean_text('email_2') }} as email_2_raw,
        {{ standardise_email('email_2') }} as email_2,
        {{ clean_text('email_3') }} as email_3_raw,
        {{ standardise_email('email_3') }} as email_3,
        {{ clean_text('phone') }} as phone_raw,
        {{ clean_text('mobile_phone') }} as mobile_phone_raw,
        {{ clean_text('mailing_street') }} as address_line_1,
        {{ clean_text('mailing_street_2') }} as address_line_2,
        {{ clean_text('mailing_city') }} as city,
        {{ clean_text('mailing_state') }} as region,
        {{ standardise_postal_code('mailing_postal_code', upper_code('trim(mailing_country)')) }}
            as postal_code,
        {{ source_key('mailing_country') }} as country_raw,
        {{ clean_text('title') }} as job_title,
        {{ language_of('trim(preferred_language)') }} as language,
        {{ clean_text('birthdate') }} as birth_date_raw,
        {{ parse_date('birthdate', ['iso', 'dmy_slash']) }} as birth_date_read,
        {{ parse_boolean('_deleted') }} as is_deleted,
        created_date as created_at_raw,
        {{ parse_timestamp('created_date', 'iso') }} as created_at_read,
        last_modified_date as updated_at_raw,
        {{ parse_timestamp('last_modified_date', 'iso') }} as updated_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from contacts

)

select
    'crm:' || source_pk as record_id,
    'crm' as source,
    source_pk,
    'profile' as record_type,
    'crm:' || account_source_pk as account_id,
    'crm:' || merged_into_source_pk as merged_into_record_id,
    name_prefix,
    given_name,
    middle_name,
    family_name,
    name_suffix,
    nullif({{ string_concat_ws(' ', ['given_name', 'middle_name', 'family_name']) }}, '')
        as full_name,
    gender,
    email_raw,
    email,
    email_2,
    email_3,
    phone_raw,
    mobile_phone_raw,
    address_line_1,
    address_line_2,
    city,
    region,
    postal_code,
    country_raw,
    'GB' as default_country_code,
    job_title,
    language,
    birth_date_raw,
    coalesce(is_deleted, false) as is_deleted,
    {{ plausible_birth_date('birth_date_read') }} as birth_date,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email', 'email_2', 'email_3'],
        enums=['gender'],
        birth_dates=['birth_date'],
        timestamps=['created_at', 'updated_at']
    ) }} as quality_issues
from contacts_read
