-- grain: one row per identifier type and value
-- An interaction that shows only a card or an address belongs to a customer if exactly one holds
-- it. A value that identity blocks (the till's own card, a made-up number) identifies nobody.
with

identifiers as (
    select
        record_id,
        identifier_type,
        identifier_value,
        is_blocked
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
        identifiers.identifier_type,
        identifiers.identifier_value,
        identity_map.customer_id,
        bool_or(coalesce(identifiers.is_blocked, false)) as is_blocked
    from identifiers
    inner join identity_map on identifiers.record_id = identity_map.record_id
    group by identifiers.identifier_type, identifiers.identifier_value, identity_map.customer_id
),

owners as (
    select
        identifier_type,
        identifier_value,
        count(*) as owner_count,
        min(customer_id) as any_customer_id,
        bool_or(is_blocked) as is_blocked
    from held
    group by identifier_type, identifier_value
)

select
    identifier_type,
    identifier_value,
    owner_count,
    is_blocked,
    case when owner_count = 1 and not is_blocked then any_customer_id end as customer_id,
    owner_count > 1 or is_blocked as is_ambiguous
from owners
