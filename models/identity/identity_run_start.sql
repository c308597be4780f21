-- grain: one row per build (the running one only)
-- identity_assignments appends only if the newest run is still the one seen here, at the start:
-- a second build in between would have decided on other grounds. The log is read by its place in
-- state, not by ref, because it comes after this model in the graph.
{%- set assignments = load_relation(state_relation('identity_assignments')) %}

select
    build_id,
    {% if assignments is not none -%}
        (select cast(coalesce(max(run_number), 0) as bigint) from {{ assignments }})
    {%- else -%}
        cast(0 as bigint)
    {%- endif %} as newest_run_number,
    cast('{{ 'true' if flags.FULL_REFRESH else 'false' }}' as boolean) as is_full_refresh,
    as_of,
    started_at
from {{ ref('int_build_context') }}
