-- grain: one row per answer to a survey
with

responses as (
    select * from {{ ref('int_survey_responses_unioned') }}
),

identity_map as (
    select
        record_id,
        customer_id,
        false as is_ambiguous
    from {{ ref('identity_map') }}
)

select
    responses.survey_response_id,
    {{ resolved_customer_id(['identity_map']) | indent(4) }} as customer_id,
    responses.person_record_id,
    responses.source,
    {{ identity_status(['identity_map']) | indent(4) }} as identity_status,
    responses.survey_name,
    responses.reason,
    responses.comment,
    responses.referral_code,
    {{ nps_group('responses.nps_score') | indent(4) }} as nps_group,
    responses.nps_score,
    responses.responded_at,
    responses.loaded_at
from responses
left join identity_map on responses.person_record_id = identity_map.record_id
