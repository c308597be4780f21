{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "response_id", "survey_name", "respondent_email", "respondent_name", "score", "comment",
    "reason", "referral_code", "submitted_at",
] -%}
with responses as (

    select * from {{ source('surveys', 'responses') }}

),

responses_read as (

    select
        {{ source_key('response_id') }} as source_pk,
        {{ clean_text('survey_name') }} as survey_name,
        case
            when {{ has_value('respondent_email') }}
                then 'response/' || {{ source_key('response_id') }}
        end as person_source_pk,
        reason as reason_raw,
        {{ standardise_enum('reason', {
            'price': 'price',
            'quality': 'quality',
            'service': 'service',
            'delivery': 'delivery',
            'range': 'range',
            'other': 'other',
        }) }} as reason,
        {{ clean_text('comment') }} as comment,
        {{ source_key('referral_code') }} as referral_code,
        score as nps_score_raw,
        {{ parse_integer('score') }} as nps_score_read,
        submitted_at as responded_at_raw,
        {{ parse_timestamp('submitted_at', 'iso') }} as responded_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from responses

),

responses_on_the_scale as (

    select
        source_pk,
        survey_name,
        person_source_pk,
        reason_raw,
        reason,
        comment,
        referral_code,
        nps_score_raw,
        responded_at_raw,
        responded_at_read,
        loaded_at_raw,
        loaded_at,
        row_hash,
        case when nps_score_read between 0 and 10 then nps_score_read end as nps_score
    from responses_read

)

select
    'surveys:' || source_pk as survey_response_id,
    'surveys' as source,
    survey_name,
    'surveys:' || person_source_pk as person_record_id,
    reason,
    comment,
    referral_code,
    nps_score,
    false as is_deleted,
    {{ plausible_timestamp('responded_at_read') }} as responded_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['reason', 'nps_score'],
        timestamps=['responded_at']
    ) }} as quality_issues
from responses_on_the_scale
