{#
    Periods that overlap or touch, joined: CTEs that follow the CTE `periods`, the last of which,
    <periods>_numbered, adds `period_number`, equal for rows of one unbroken period. Group by
    `keys` and period_number for the result.

    `keys` are the columns whose periods are joined, `tiebreaker` one that tells rows of the same
    keys and beginning apart. A null beginning is before all others, a null end is open.
#}
{% macro joined_periods(periods, keys, tiebreaker, valid_from='valid_from', valid_to='valid_to') -%}
{{ periods }}_with_reach as (
    select
        {{ periods }}.*,
        max(coalesce({{ valid_to }}, timestamp '9999-12-31 00:00:00')) over (
            partition by {{ keys | join(', ') }}
            order by {{ valid_from }} asc nulls first, {{ tiebreaker }} asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as reached_until
    from {{ periods }}
),

{{ periods }}_numbered as (
    select
        {{ periods }}_with_reach.*,
        sum(
            case
                when reached_until is null then 1
                when coalesce({{ valid_from }} <= reached_until, true) then 0
                else 1
            end
        ) over (
            partition by {{ keys | join(', ') }}
            order by {{ valid_from }} asc nulls first, {{ tiebreaker }} asc nulls last
            rows between unbounded preceding and current row
        ) as period_number
    from {{ periods }}_with_reach
)
{%- endmacro %}
