{{ config(severity='warn') }}
-- Stale, expired or contradictory instructions want a person's attention.
select
    override_id,
    issue
from {{ ref('identity_override_issues') }}
