-- grain: one row per person record and period
-- Who did we think a record was on 1 March? A period runs until the record's next change. Runs
-- that share a clock (a pinned as_of) leave periods of no length: only the last of them counts.
with

assignments as (
    select
        assignment_id,
        record_id,
        customer_id,
        change_type,
        run_id,
        run_number,
        -- A clock that was set back must not turn a period around.
        max(recorded_at) over (
            partition by record_id
            order by run_number asc nulls last
            rows between unbounded preceding and current row
        ) as recorded_at
    from {{ ref('identity_assignments') }}
),

periods as (
    select
        assignment_id,
        record_id,
        customer_id,
        change_type,
        run_id,
        recorded_at as valid_from,
        lead(recorded_at) over (
            partition by record_id
            order by run_number asc nulls last
        ) as valid_to
    from assignments
)

select
    assignment_id,
    record_id,
    customer_id,
    change_type,
    run_id,
    valid_from,
    valid_to
from periods
where customer_id is not null and (valid_to is null or valid_to > valid_from)
