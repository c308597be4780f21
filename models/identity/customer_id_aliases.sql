-- grain: one row per retired customer id
-- A retired id means the customer that most of the records which left it hold now; so chains of
-- merges resolve in one step, and an alias ends by itself when the merge is undone.
with

assignments as (
    select
        record_id,
        customer_id,
        previous_customer_id,
        run_number,
        recorded_at
    from {{ ref('identity_assignments') }}
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

living_customers as (
    select distinct customer_id from identity_map
),

departures as (
    select
        assignments.previous_customer_id as retired_customer_id,
        assignments.record_id,
        identity_map.customer_id,
        assignments.run_number,
        assignments.recorded_at
    from assignments
    left join living_customers
        on assignments.previous_customer_id = living_customers.customer_id
    left join identity_map on assignments.record_id = identity_map.record_id
    where
        assignments.previous_customer_id is not null
        and (
            assignments.customer_id is null
            or assignments.previous_customer_id <> assignments.customer_id
        )
        and living_customers.customer_id is null
),

candidates as (
    select
        retired_customer_id,
        customer_id,
        count(distinct record_id) as record_count,
        max(run_number) as last_run_number,
        max(recorded_at) as retired_at
    from departures
    group by retired_customer_id, customer_id
),

ranked_candidates as (
    select
        retired_customer_id,
        customer_id,
        record_count,
        retired_at,
        row_number() over (
            partition by retired_customer_id
            order by
                case when customer_id is null then 1 else 0 end asc nulls last,
                last_run_number desc nulls last,
                record_count desc nulls last,
                customer_id asc nulls last
        ) as candidate_rank
    from candidates
)

select
    retired_customer_id,
    customer_id,
    record_count,
    retired_at
from ranked_candidates
where candidate_rank = 1
