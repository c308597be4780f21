-- The last size of a segment is the number of customers whose membership is open, and no size was
-- ever below nothing.
with

sizes_ranked as (
    select
        segment_name,
        customer_count,
        row_number() over (
            partition by segment_name order by changed_at desc nulls last
        ) as change_rank
    from {{ ref('segment_sizes') }}
),

open_memberships as (
    select
        segment_name,
        count(distinct case when left_at is null then customer_id end) as customer_count
    from {{ ref('segment_memberships') }}
    group by segment_name
)

select
    sizes_ranked.segment_name,
    sizes_ranked.customer_count,
    open_memberships.customer_count as open_customer_count
from sizes_ranked
full outer join open_memberships on sizes_ranked.segment_name = open_memberships.segment_name
where
    sizes_ranked.segment_name is null
    or open_memberships.segment_name is null
    or sizes_ranked.customer_count < 0
    or (
        sizes_ranked.change_rank = 1
        and sizes_ranked.customer_count <> open_memberships.customer_count
    )
