-- grain: one row per segment and customer who is in it now
-- The segments that var `segments` lists, side by side.
with

members as (
    {%- for segment in var('segments') %}
    select
        '{{ segment }}' as segment_name,
        customer_id
    from {{ ref(segment) }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as text) as segment_name,
        cast(null as text) as customer_id
    where 1 = 0
    {%- endfor %}
)

select
    cast(segment_name as text) as segment_name,
    customer_id
from members
