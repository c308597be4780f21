-- grain: one row per customer and run that changed it
with

assignments as (
    select
        record_id,
        customer_id,
        previous_customer_id,
        change_type,
        run_id,
        run_number,
        recorded_at
    from {{ ref('identity_assignments') }}
),

-- A row is a record's arrival at one customer and, if it was with another until then, its
-- departure from there. A restored record was with nobody.
moves as (
    select
        customer_id,
        run_id,
        run_number,
        recorded_at,
        change_type,
        1 as arrived,
        0 as departed
    from assignments
    where customer_id is not null
    union all
    select
        previous_customer_id as customer_id,
        run_id,
        run_number,
        recorded_at,
        change_type,
        0 as arrived,
        1 as departed
    from assignments
    where previous_customer_id is not null and change_type <> 'restored'
),

moves_per_run as (
    select
        customer_id,
        run_id,
        run_number,
        max(recorded_at) as recorded_at,
        sum(arrived) as gained_count,
        sum(departed) as lost_count,
        max(case when departed = 1 and change_type = 'merged' then 1 else 0 end) as has_merged,
        max(case when departed = 1 and change_type = 'split' then 1 else 0 end) as has_split
    from moves
    group by customer_id, run_id, run_number
),

sizes as (
    select
        customer_id,
        run_id,
        run_number,
        recorded_at,
        gained_count,
        lost_count,
        has_merged,
        has_split,
        sum(gained_count - lost_count) over (
            partition by customer_id
            order by run_number asc nulls last
            rows between unbounded preceding and current row
        ) as record_count,
        row_number() over (
            partition by customer_id
            order by run_number asc nulls last
        ) as change_number
    from moves_per_run
)

select
    customer_id,
    run_id,
    case
        when change_number = 1 then 'created'
        when record_count = 0 and has_merged = 1 then 'merged'
        when record_count = 0 then 'retired'
        when record_count = gained_count - lost_count then 'restored'
        when has_split = 1 then 'split'
        when gained_count >= lost_count then 'grew'
        else 'shrank'
    end as change_type,
    cast(run_number as bigint) as run_number,
    cast(gained_count as bigint) as gained_count,
    cast(lost_count as bigint) as lost_count,
    cast(record_count as bigint) as record_count,
    recorded_at
from sizes
