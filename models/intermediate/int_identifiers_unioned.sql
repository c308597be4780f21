-- grain: one row per person record, identifier type and value
with

received as (
    select
        record_id,
        source,
        identifier_type,
        identifier_value,
        identifier_label,
        is_primary,
        is_verified,
        first_seen_at,
        last_seen_at,
        loaded_at
    from {{ ref('int_identifiers_received') }}
),

suppressed as (
    select record_id from {{ ref('int_suppressed_records') }}
)

select received.*
from received
left join suppressed on received.record_id = suppressed.record_id
where suppressed.record_id is null
