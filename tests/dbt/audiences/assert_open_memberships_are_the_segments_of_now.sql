-- The memory agrees with the present: who is in a segment has an open membership and nobody else.
-- Not for a clock before the last change, for which the memory is not rewritten.
with

memberships as (
    select distinct
        segment_name,
        customer_id
    from {{ ref('segment_memberships') }}
    where left_at is null
),

last_changes as (
    select max(coalesce(left_at, entered_at)) as last_changed_at
    from {{ ref('segment_memberships') }}
),

segment_members as (
    select
        segment_name,
        customer_id
    from {{ ref('segment_members') }}
)

select
    coalesce(memberships.segment_name, segment_members.segment_name) as segment_name,
    coalesce(memberships.customer_id, segment_members.customer_id) as customer_id
from memberships
full outer join segment_members
    on
        memberships.segment_name = segment_members.segment_name
        and memberships.customer_id = segment_members.customer_id
cross join last_changes
where
    (memberships.customer_id is null or segment_members.customer_id is null)
    and coalesce(last_changes.last_changed_at <= {{ as_of() }}, true)
