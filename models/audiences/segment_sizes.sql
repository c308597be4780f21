-- grain: one row per segment and moment at which somebody entered or left it
-- Memberships that a merge led to one customer are one, in the past as well: sizes count the people
-- of now. Memberships of one customer that touch are no leaving.
with

memberships as (
    select
        membership_id,
        segment_name,
        customer_id,
        entered_at,
        left_at
    from {{ ref('segment_memberships') }}
),

{{ joined_periods(
    'memberships', ['segment_name', 'customer_id'], 'membership_id', 'entered_at', 'left_at'
) }},

stays as (
    select
        segment_name,
        customer_id,
        period_number,
        min(entered_at) as entered_at,
        case when count(*) = count(left_at) then max(left_at) end as left_at
    from memberships_numbered
    group by segment_name, customer_id, period_number
),

changes as (
    select
        segment_name,
        entered_at as changed_at,
        1 as entered_count,
        0 as left_count
    from stays
    union all
    select
        segment_name,
        left_at as changed_at,
        0 as entered_count,
        1 as left_count
    from stays
    where left_at is not null
),

changes_by_moment as (
    select
        segment_name,
        changed_at,
        sum(entered_count) as entered_count,
        sum(left_count) as left_count
    from changes
    group by segment_name, changed_at
)

select
    segment_name,
    cast(entered_count as bigint) as entered_count,
    cast(left_count as bigint) as left_count,
    cast(
        sum(entered_count - left_count) over (
            partition by segment_name
            order by changed_at asc nulls last
            rows between unbounded preceding and current row
        ) as bigint
    ) as customer_count,
    changed_at
from changes_by_moment
