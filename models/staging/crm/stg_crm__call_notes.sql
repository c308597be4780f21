{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "id", "contact_id", "agent", "direction", "called_at", "duration_seconds", "body",
] -%}
with call_notes as (

    select * from {{ source('crm', 'call_notes') }}

),

call_notes_read as (

    select
        {{ source_key('id') }} as source_pk,
        {{ source_key('contact_id') }} as contact_source_pk,
        {{ clean_text('agent') }} as agent_name,
        direction as direction_raw,
        {{ standardise_enum('direction', {'inbound': 'inbound', 'outbound': 'outbound'}) }}
            as direction,
        {{ clean_text('body') }} as body,
        duration_seconds as duration_seconds_raw,
        {{ parse_integer('duration_seconds') }} as duration_seconds,
        called_at as called_at_raw,
        {{ parse_timestamp('called_at', 'iso') }} as called_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from call_notes

)

select
    'crm:' || source_pk as call_note_id,
    'crm' as source,
    'crm:' || contact_source_pk as person_record_id,
    agent_name,
    direction,
    body,
    duration_seconds,
    false as is_deleted,
    {{ plausible_timestamp('called_at_read') }} as called_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['direction'],
        numbers=['duration_seconds'],
        timestamps=['called_at']
    ) }} as quality_issues
from call_notes_read
