{{ config(severity='warn') }}
-- Far more or far fewer rows than the mean of the runs before: something upstream has changed.
select
    sync_name,
    run_id,
    planned_row_count,
    mean_planned_row_count,
    deviation_share
from {{ ref('sync_run_measures') }}
where
    is_latest
    and deviation_share > {{ var('sync_alert_deviation_share') }}
    and greatest(planned_row_count, mean_planned_row_count) >= {{ var('sync_alert_min_row_count') }}
