{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "request_id", "request_type", "contact_point_type", "contact_point", "status", "received_at",
    "completed_at",
] -%}
with privacy_requests as (

    select * from {{ source('consent', 'privacy_requests') }}

),

requests_read as (

    select
        {{ source_key('request_id') }} as source_pk,
        request_type as request_type_raw,
        {{ standardise_enum('request_type', {
            'access': 'access',
            'erasure': 'erasure',
            'objection': 'objection',
        }) }} as request_type,
        contact_point_type as contact_point_type_raw,
        {{ standardise_enum('contact_point_type', {'email': 'email', 'phone': 'phone'}) }}
            as contact_point_type,
        {{ clean_text('contact_point') }} as contact_point_given,
        status as status_raw,
        {{ standardise_enum('status', {
            'open': 'open',
            'verified': 'verified',
            'completed': 'completed',
            'rejected': 'rejected',
        }) }} as status,
        received_at as received_at_raw,
        {{ parse_timestamp('received_at', 'iso') }} as received_at_read,
        completed_at as completed_at_raw,
        {{ parse_timestamp('completed_at', 'iso') }} as completed_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from privacy_requests

),

requests_with_address as (

    select
        source_pk,
        request_type_raw,
        request_type,
        contact_point_type_raw,
        contact_point_type,
        contact_point_given,
        -- phones are read by the input layer, without assuming a country, so here only an e-mail
        -- can be a wrong one
        case when contact_point_type = 'email' then contact_point_given end as contact_point_raw,
        case
            when contact_point_type = 'email'
                then {{ standardise_email('contact_point_given') }}
        end as contact_point,
        status_raw,
        status,
        received_at_raw,
        received_at_read,
        completed_at_raw,
        completed_at_read,
        loaded_at_raw,
        loaded_at,
        row_hash
    from requests_read

)

select
    'consent:' || source_pk as privacy_request_id,
    'consent' as source,
    request_type,
    contact_point_type,
    contact_point_given as contact_point_raw,
    contact_point,
    status,
    false as is_deleted,
    {{ plausible_timestamp('received_at_read') }} as received_at,
    {{ plausible_timestamp('completed_at_read') }} as completed_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        emails=['contact_point'],
        enums=['request_type', 'contact_point_type', 'status'],
        timestamps=['received_at', 'completed_at']
    ) }} as quality_issues
from requests_with_address
