-- grain: one row per pair of records that is linked, in review, cut or narrowly rejected
with

pairs as (
    select
        left_record_id,
        right_record_id,
        rule,
        evidence,
        decision,
        cut_by,
        match_weight,
        match_probability
    from {{ ref('identity_pairs') }}
    where decision is not null
)

select
    left_record_id,
    right_record_id,
    rule,
    evidence,
    decision,
    cut_by,
    match_weight,
    match_probability
from pairs
