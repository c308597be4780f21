-- grain: one row per person record
with

assignments as (
    select
        record_id,
        customer_id,
        run_id,
        run_number,
        recorded_at
    from {{ ref('identity_assignments') }}
),

newest_assignments as (
    select
        record_id,
        customer_id,
        run_id,
        recorded_at,
        row_number() over (
            partition by record_id
            order by run_number desc nulls last
        ) as assignment_rank
    from assignments
)

select
    record_id,
    split_part(record_id, ':', 1) as source,
    customer_id,
    run_id,
    recorded_at as assigned_at
from newest_assignments
where assignment_rank = 1 and customer_id is not null
