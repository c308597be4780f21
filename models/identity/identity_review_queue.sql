-- grain: one row per pair of records that a person should decide
-- Pairs the matcher was unsure of and other links have not joined meanwhile; the surest first.
with

links as (
    select
        left_record_id,
        right_record_id,
        rule,
        evidence,
        match_weight,
        match_probability
    from {{ ref('identity_links') }}
    where decision = 'review'
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

open_pairs as (
    select
        links.left_record_id,
        links.right_record_id,
        left_map.customer_id as left_customer_id,
        right_map.customer_id as right_customer_id,
        links.rule,
        links.evidence,
        links.match_weight,
        links.match_probability
    from links
    inner join identity_map as left_map on links.left_record_id = left_map.record_id
    inner join identity_map as right_map on links.right_record_id = right_map.record_id
    where left_map.customer_id <> right_map.customer_id
)

select
    left_record_id,
    right_record_id,
    left_customer_id,
    right_customer_id,
    rule,
    evidence,
    match_weight,
    match_probability,
    row_number() over (
        order by
            match_probability desc nulls last,
            left_record_id asc nulls last,
            right_record_id asc nulls last
    ) as review_rank
from open_pairs
