-- grain: one row per segment
with

segment_members as (
    select
        segment_name,
        customer_id
    from {{ ref('segment_members') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
),

catalogue as (
    {%- for segment in segment_catalogue() %}
    select
        {{ text_literal(segment.name) }} as segment_name,
        {{ text_literal(segment.description) }} as description,
        {{ text_literal(segment.owner) }} as owner,
        {{ text_literal(segment.criteria) }} as criteria
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as text) as segment_name,
        cast(null as text) as description,
        cast(null as text) as owner,
        cast(null as text) as criteria
    where 1 = 0
    {%- endfor %}
),

sizes as (
    select
        segment_name,
        count(*) as customer_count
    from segment_members
    group by segment_name
),

totals as (
    select count(*) as customer_count from segmentable_customers
)

select
    cast(catalogue.segment_name as text) as segment_name,
    cast(catalogue.description as text) as description,
    cast(catalogue.owner as text) as owner,
    cast(catalogue.criteria as text) as criteria,
    coalesce(sizes.customer_count, 0) as customer_count,
    {{ safe_divide('coalesce(sizes.customer_count, 0)', 'totals.customer_count') }}
        as share_of_customers
from catalogue
cross join totals
left join sizes on catalogue.segment_name = sizes.segment_name
