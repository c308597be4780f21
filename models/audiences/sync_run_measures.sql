-- grain: one row per run of a sync that ended
-- What the tests that alert look at: how much was refused, how long it took, and whether about as
-- much was sent as the runs before sent. The first run of a sync sends everything and is no measure
-- of the others.
with

recorded_runs as (
    select
        sync_name,
        run_id,
        status,
        coalesce(
            attempted_add_count + attempted_change_count + attempted_remove_count, 0
        ) as attempted_row_count,
        coalesce(
            failed_add_count + failed_change_count + failed_remove_count, 0
        ) as rejected_row_count,
        coalesce(
            planned_add_count + planned_change_count + planned_remove_count, 0
        ) as planned_row_count,
        started_at,
        finished_at
    from {{ source('cdp_state', 'sync_runs') }}
    where finished_at is not null
),

numbered_runs as (
    select
        *,
        row_number() over (partition by sync_name order by started_at, run_id) as run_number,
        row_number() over (partition by sync_name order by started_at desc, run_id desc) = 1
            as is_latest
    from recorded_runs
),

earlier_runs as (
    select
        numbered_runs.sync_name,
        numbered_runs.run_id,
        count(*) as earlier_run_count,
        avg(cast(earlier.planned_row_count as double precision)) as mean_planned_row_count
    from numbered_runs
    inner join numbered_runs as earlier
        on
            numbered_runs.sync_name = earlier.sync_name
            and numbered_runs.run_number > earlier.run_number
            and numbered_runs.run_number <= earlier.run_number + {{ var('sync_alert_mean_runs') }}
            and earlier.run_number > 1
    group by numbered_runs.sync_name, numbered_runs.run_id
)

select
    numbered_runs.sync_name,
    numbered_runs.run_id,
    numbered_runs.status,
    cast(numbered_runs.planned_row_count as bigint) as planned_row_count,
    cast(numbered_runs.attempted_row_count as bigint) as attempted_row_count,
    cast(numbered_runs.rejected_row_count as bigint) as rejected_row_count,
    cast(
        numbered_runs.rejected_row_count as double precision
    ) / nullif(numbered_runs.attempted_row_count, 0) as reject_share,
    cast({{ seconds_between('numbered_runs.started_at', 'numbered_runs.finished_at') }} as bigint)
        as run_seconds,
    case
        when earlier_runs.earlier_run_count >= {{ var('sync_alert_mean_runs') }}
            then earlier_runs.mean_planned_row_count
    end as mean_planned_row_count,
    case
        when earlier_runs.earlier_run_count >= {{ var('sync_alert_mean_runs') }} then
            abs(numbered_runs.planned_row_count - earlier_runs.mean_planned_row_count)
            / nullif(earlier_runs.mean_planned_row_count, 0)
    end as deviation_share,
    numbered_runs.is_latest,
    numbered_runs.started_at,
    numbered_runs.finished_at
from numbered_runs
left join earlier_runs
    on
        numbered_runs.sync_name = earlier_runs.sync_name
        and numbered_runs.run_id = earlier_runs.run_id
