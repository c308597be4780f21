{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "response_id", "survey_name", "respondent_email", "respondent_name", "score", "comment",
    "reason", "referral_code", "submitted_at",
] -%}
with responses as (

    select * from {{ source('surveys', 'responses') }}

),

respondents_read as (

    select
        'response/' || {{ source_key('response_id') }} as source_pk,
        {{ standardise_name('respondent_name') }} as full_name,
        {{ clean_text('respondent_email') }} as email_raw,
        {{ standardise_email('respondent_email') }} as email,
        submitted_at as created_at_raw,
        {{ parse_timestamp('submitted_at', 'iso') }} as created_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from responses
    where {{ has_value('respondent_email') }}

)

select
    'surveys:' || source_pk as record_id,
    'surveys' as source,
    source_pk,
    'interaction' as record_type,
    {{ given_name_of('full_name') }} as given_name,
    {{ family_name_of('full_name') }} as family_name,
    full_name,
    email_raw,
    email,
    false as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('created_at_read') }} as updated_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['email'],
        timestamps=['created_at']
    ) }} as quality_issues
from respondents_read
