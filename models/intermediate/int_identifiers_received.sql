-- grain: one row per person record, identifier type and value, before the erasure gate
-- The gate needs the identifiers of a record to know whether it is suppressed, so they are
-- gathered first, from the columns that staging tags `meta: {identifier: …}` and from the staging
-- models at record x value that var sources.identifiers lists.
-- A record is suppressed if it, or any value of it, has a tombstone; its values are not kept.
with

received as (
    {{ union_identifiers() | indent(4) }}
),

-- Hardly anybody is erased: to look for these records costs less than to judge every record.
suppressed as (
    select distinct record_id
    from received
    where
        {{ is_suppressed_value('identifier_type', 'identifier_value') }}
        or {{ is_suppressed_value("'record'", 'record_id') }}
)

select
    received.record_id,
    received.source,
    received.identifier_type,
    case when suppressed.record_id is null then received.identifier_value end as identifier_value,
    received.identifier_label,
    received.is_primary,
    received.is_verified,
    suppressed.record_id is not null as is_suppressed,
    received.first_seen_at,
    received.last_seen_at,
    received.loaded_at
from received
left join suppressed on received.record_id = suppressed.record_id
