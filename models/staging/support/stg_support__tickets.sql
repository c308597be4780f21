{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "id", "requester_id", "subject", "description", "status", "priority", "channel",
    "satisfaction", "created_at", "updated_at", "solved_at",
] -%}
with tickets as (

    select * from {{ source('support', 'tickets') }}

),

tickets_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ source_key('requester_id') }} as requester_source_pk,
        channel as channel_raw,
        {{ standardise_enum('channel', {
            'email': 'email',
            'chat': 'chat',
            'phone': 'phone',
            'web': 'web',
        }) }} as channel,
        status as status_raw,
        {{ standardise_enum('status', {
            'new': 'new',
            'open': 'open',
            'pending': 'pending',
            'solved': 'solved',
            'closed': 'closed',
        }) }} as status,
        priority as priority_raw,
        {{ standardise_enum('priority', {
            'low': 'low',
            'normal': 'normal',
            'high': 'high',
            'urgent': 'urgent',
        }) }} as priority,
        {{ clean_text('subject') }} as subject,
        {{ clean_text('description') }} as body,
        -- an offer to rate that nobody took up is no rating
        nullif({{ lower_text('trim(satisfaction)') }}, 'offered') as satisfaction_raw,
        {{ standardise_enum('satisfaction', {'good': 'good', 'bad': 'bad'}) }} as satisfaction,
        created_at as created_at_raw,
        {{ parse_timestamp('created_at', 'iso') }} as created_at_read,
        updated_at as updated_at_raw,
        {{ parse_timestamp('updated_at', 'iso') }} as updated_at_read,
        solved_at as solved_at_raw,
        {{ parse_timestamp('solved_at', 'iso') }} as solved_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from tickets

)

select
    'support:' || source_pk as ticket_id,
    'support' as source,
    'support:' || requester_source_pk as person_record_id,
    channel,
    status,
    priority,
    subject,
    body,
    satisfaction,
    false as is_deleted,
    {{ plausible_timestamp('created_at_read') }} as created_at,
    {{ plausible_timestamp('updated_at_read') }} as updated_at,
    {{ plausible_timestamp('solved_at_read') }} as solved_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['channel', 'status', 'priority', 'satisfaction'],
        timestamps=['created_at', 'updated_at', 'solved_at']
    ) }} as quality_issues
from tickets_read
