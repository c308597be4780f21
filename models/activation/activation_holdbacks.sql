-- grain: one row per sync and reason
-- What was kept back, and how much, without naming anybody.
with

candidates_of_all_syncs as (
    {% for sync_name, candidates in consent_gated_syncs().items() -%}
        select
            '{{ sync_name }}' as sync_name,
            coalesce(holdback_reason, 'allowed') as holdback_reason
        from {{ ref(candidates) }}
        {{ 'union all' if not loop.last }}
    {% endfor -%}
),

counted as (
    select
        sync_name,
        holdback_reason,
        holdback_reason = 'allowed' as is_allowed,
        count(*) as row_count
    from candidates_of_all_syncs
    group by sync_name, holdback_reason
)

select
    sync_name,
    holdback_reason,
    row_count,
    is_allowed
from counted
