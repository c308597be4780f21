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
        identity_map.customer_id
    from identifiers
    inner join identity_map on identifiers.record_id = identity_map.record_id
),

-- A record holds a value once, and has one source: in steps, nothing distinct has to be counted.
held_by_source as (
    select
        customer_id,
        identifier_type,
        identifier_value,
        source,
        max(block_reason) as block_reason,
        min(identifier_label) as first_label,
        max(identifier_label) as last_label,
        count(*) as record_count,
        count(identifier_label) as labelled_count,
        bool_or(coalesce(is_primary, false)) as is_primary,
        bool_or(coalesce(is_verified, false)) as is_verified,
        bool_or(coalesce(is_blocked, false)) as is_blocked,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from held
    group by customer_id, identifier_type, identifier_value, source
),

customer_values as (
    select
        customer_id,
        identifier_type,
        identifier_value,
        max(block_reason) as block_reason,
        min(first_label) as any_label,
        cast(sum(record_count) as bigint) as record_count,
        count(source) as source_count,
        bool_or(is_primary) as is_primary,
        bool_or(is_verified) as is_verified,
        bool_or(is_blocked) as is_blocked,
        min(first_label) = max(last_label) and sum(labelled_count) = sum(record_count)
            as is_one_label,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from held_by_source
    group by customer_id, identifier_type, identifier_value
),

-- Few values go by several labels, so few have to be ranked.
labels_ranked as (
    select
        held.customer_id,
        held.identifier_type,
        held.identifier_value,
        held.identifier_label,
        row_number() over (
            partition by held.customer_id, held.identifier_type, held.identifier_value
            order by
                coalesce(held.is_primary, false) desc nulls last,
                held.last_seen_at desc nulls last,
                held.record_id asc nulls last,
                held.identifier_label asc nulls last
        ) as label_rank
    from held
    inner join customer_values
        on
            held.customer_id = customer_values.customer_id
            and held.identifier_type = customer_values.identifier_type
            and held.identifier_value = customer_values.identifier_value
    where not coalesce(customer_values.is_one_label, false)
)

select
    customer_values.customer_id,
    customer_values.identifier_type,
    customer_values.identifier_value,
    coalesce(
        labels_ranked.identifier_label,
        case when customer_values.is_one_label then customer_values.any_label end
    ) as identifier_label,
    customer_values.block_reason,
    customer_values.record_count,
    customer_values.source_count,
    customer_values.is_primary,
    customer_values.is_verified,
    customer_values.is_blocked,
    customer_values.first_seen_at,
    customer_values.last_seen_at
from customer_values
left join labels_ranked
    on
        customer_values.customer_id = labels_ranked.customer_id
        and customer_values.identifier_type = labels_ranked.identifier_type
        and customer_values.identifier_value = labels_ranked.identifier_value
        and labels_ranked.label_rank = 1
