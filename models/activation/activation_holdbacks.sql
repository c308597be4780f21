-- grain: one row per sync and reason
-- What was kept back, and how much, without naming anybody.
with

{% for sync_name, candidates in consent_gated_syncs().items() %}
{{ candidates }} as (
    select holdback_reason from {{ ref(candidates) }}
),

{% endfor %}
candidates_of_all_syncs as (
    {%- for sync_name, candidates in consent_gated_syncs().items() %}
    select
        '{{ sync_name }}' as sync_name,
        coalesce(holdback_reason, 'allowed') as holdback_reason
    from {{ candidates }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast(sync_name as text) as sync_name,
    cast(holdback_reason as text) as holdback_reason,
    count(*) as row_count,
    holdback_reason = 'allowed' as is_allowed
from candidates_of_all_syncs
group by sync_name, holdback_reason
