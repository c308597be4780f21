-- grain: one row per person record, identifier type and value, before the erasure gate
-- The gate needs the identifiers of a record to know whether it is suppressed, so they are
-- gathered first, from the columns that staging tags `meta: {identifier: …}` and from the staging
-- models at record x value that var sources.identifiers lists.
-- A record is suppressed if it, or any value of it, has a tombstone; its values are not kept.
with

received as (
    {{ union_identifiers() | indent(4) }}
),

judged as (
    select
        *,
        max(case
            when
                {{ is_suppressed_value('identifier_type', 'identifier_value') }}
                or {{ is_suppressed_value("'record'", 'record_id') }}
                then 1
            else 0
        end) over (partition by record_id) = 1 as is_suppressed
    from received
)

select
    record_id,
    source,
    identifier_type,
    case when not is_suppressed then identifier_value end as identifier_value,
    identifier_label,
    is_primary,
    is_verified,
    is_suppressed,
    first_seen_at,
    last_seen_at,
    loaded_at
from judged
