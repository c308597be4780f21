-- Question: which segments share so many customers that two campaigns would reach the same people?
with

segment_overlap as (
    select
        segment_name,
        other_segment_name,
        customer_count,
        common_customer_count,
        common_share,
        jaccard_share
    from {{ ref('segment_overlap') }}
)

select
    segment_name,
    other_segment_name,
    customer_count,
    common_customer_count,
    common_share,
    jaccard_share
from segment_overlap
where common_customer_count > 0
order by
    common_share desc nulls last,
    segment_name asc nulls last,
    other_segment_name asc nulls last
