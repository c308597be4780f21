-- grain: one row per ordered pair of different segments
with

segments as (
    select
        segment_name,
        customer_count
    from {{ ref('segments') }}
),

segment_members as (
    select
        segment_name,
        customer_id
    from {{ ref('segment_members') }}
),

common_members as (
    select
        members.segment_name,
        companions.segment_name as other_segment_name,
        count(*) as common_customer_count
    from segment_members as members
    inner join segment_members as companions
        on
            members.customer_id = companions.customer_id
            and members.segment_name <> companions.segment_name
    group by members.segment_name, companions.segment_name
)

select
    segments.segment_name,
    companions.segment_name as other_segment_name,
    segments.customer_count,
    companions.customer_count as other_customer_count,
    coalesce(common_members.common_customer_count, 0) as common_customer_count,
    {{ safe_divide(
        'coalesce(common_members.common_customer_count, 0)', 'segments.customer_count'
    ) }} as common_share,
    {{ safe_divide(
        'coalesce(common_members.common_customer_count, 0)',
        'segments.customer_count + companions.customer_count'
        ~ ' - coalesce(common_members.common_customer_count, 0)'
    ) }} as jaccard_share
from segments
inner join segments as companions on segments.segment_name <> companions.segment_name
left join common_members
    on
        segments.segment_name = common_members.segment_name
        and companions.segment_name = common_members.other_segment_name
