-- grain: one row per person record, identifier type and value
-- A value of more people than identity_bad_value_people is blocked, as the matcher blocks it.
with

identifiers as (
    select
        identifiers.*,
        truth_people.customer_id
    from {{ ref('int_identifiers_unioned') }} as identifiers
    inner join {{ ref('truth_people') }} as truth_people
        on identifiers.record_id = truth_people.record_id
),

shared_values as (
    select
        identifier_type,
        identifier_value
    from identifiers
    group by identifier_type, identifier_value
    having count(distinct customer_id) >= {{ var('identity_bad_value_people') }}
)

select
    identifiers.record_id,
    identifiers.source,
    identifiers.identifier_type,
    identifiers.identifier_value,
    identifiers.identifier_value as identifier_key,
    identifiers.identifier_label,
    case when shared_values.identifier_value is not null then 'many_people' end as block_reason,
    identifiers.is_primary,
    identifiers.is_verified,
    shared_values.identifier_value is not null as is_blocked,
    identifiers.first_seen_at,
    identifiers.last_seen_at,
    identifiers.loaded_at
from identifiers
left join shared_values
    on
        identifiers.identifier_type = shared_values.identifier_type
        and identifiers.identifier_value = shared_values.identifier_value
