-- grain: one row per customer, identifier type and value
with

identifiers as (
    select
        record_id,
        source,
        identifier_type,
        identifier_value,
        identifier_label,
        is_primary,
        is_verified,
        is_blocked,
        block_reason,
        first_seen_at,
        last_seen_at
    from {{ ref('identity_identifiers') }}
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

held as (
    select
        identifiers.*,
        identity_map.customer_id,
        row_number() over (
            partition by
                identity_map.customer_id, identifiers.identifier_type, identifiers.identifier_value
            order by
                coalesce(identifiers.is_primary, false) desc nulls last,
                identifiers.last_seen_at desc nulls last,
                identifiers.record_id asc nulls last,
                identifiers.identifier_label asc nulls last
        ) as label_rank
    from identifiers
    inner join identity_map on identifiers.record_id = identity_map.record_id
)

select
    customer_id,
    identifier_type,
    identifier_value,
    max(case when label_rank = 1 then identifier_label end) as identifier_label,
    max(block_reason) as block_reason,
    count(distinct record_id) as record_count,
    count(distinct source) as source_count,
    bool_or(coalesce(is_primary, false)) as is_primary,
    bool_or(coalesce(is_verified, false)) as is_verified,
    bool_or(coalesce(is_blocked, false)) as is_blocked,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at
from held
group by customer_id, identifier_type, identifier_value
