{{ config(severity='warn') }}
-- More than a few refused rows are a mapping to mend: sync_rejected_rows and sync_log say which.
select
    sync_name,
    run_id,
    attempted_row_count,
    rejected_row_count,
    reject_share
from {{ ref('sync_run_measures') }}
where is_latest and reject_share > {{ var('sync_alert_reject_share') }}
