-- grain: one row per person record, identifier type and value
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
where not is_suppressed
