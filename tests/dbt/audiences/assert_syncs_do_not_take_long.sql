{{ config(severity='warn') }}
-- A run that takes longer than one has time for: a slow destination, or far too much to send.
select
    sync_name,
    run_id,
    attempted_row_count,
    run_seconds
from {{ ref('sync_run_measures') }}
where is_latest and run_seconds > 60 * {{ var('sync_alert_run_minutes') }}
