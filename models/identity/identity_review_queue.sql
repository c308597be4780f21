-- grain: one row per pair of records that a person should decide
-- Every open pair that the matcher was unsure of, the surest first; and of every other kind of
-- decision (stratum) a sample, so that what people say of it tells how good that kind is
-- (identity_precision). The sample is the first of each stratum in the order of a hash: drawn
-- blindly, the same on every run, and who is decided makes room for the next.
{%- set link_probability = var('identity_link_probability') %}
{%- set review_probability = var('identity_review_probability') %}
with

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

links as (
    select
        left_record_id,
        right_record_id,
        rule,
        evidence,
        decision,
        cut_by,
        match_weight,
        match_probability,
        match_weight - ln({{ link_probability }} / (1.0 - {{ link_probability }})) / ln(2.0)
            as bits_above_threshold,
        match_probability >= ({{ link_probability }} + {{ review_probability }}) / 2.0
            as is_nearer_to_linked,
        -- The weight of the rule itself: what the fields say is less.
        case
            when
                match_weight = min(match_weight) over (partition by decision, rule)
                and match_weight < max(match_weight) over (partition by decision, rule)
                then '_weak'
            else ''
        end as weak_suffix
    from {{ ref('identity_links') }}
),

-- Nobody is asked again; what is withdrawn or over may be drawn anew.
decided_pairs as (
    select distinct
        least(left_record_id, right_record_id) as left_record_id,
        greatest(left_record_id, right_record_id) as right_record_id
    from {{ source('cdp_state', 'identity_overrides') }}
    where
        instruction in ('must_link', 'cannot_link')
        and withdrawn_at is null
        and (valid_until is null or valid_until > {{ as_of() }})
),

listed_pairs as (
    select
        links.left_record_id,
        links.right_record_id,
        left_map.customer_id as left_customer_id,
        right_map.customer_id as right_customer_id,
        links.rule,
        links.evidence,
        links.decision,
        links.match_weight,
        links.match_probability,
        case
            when links.decision <> 'linked' and left_map.customer_id = right_map.customer_id
                then 'joined_by_others'
            when links.decision = 'linked' and links.rule <> 'probabilistic'
                then 'linked_' || links.rule || links.weak_suffix
            when links.decision = 'linked' and links.bits_above_threshold < 3
                then 'linked_probabilistic_near'
            when links.decision = 'linked' and links.bits_above_threshold < 10
                then 'linked_probabilistic_above'
            when links.decision = 'linked' then 'linked_probabilistic_far'
            when links.decision = 'cut' then 'cut_' || split_part(links.cut_by, ':', 1)
            when links.match_probability >= {{ link_probability }}
                then links.decision || '_above_threshold'
            when links.decision = 'review' and links.is_nearer_to_linked then 'review_likely'
            when links.decision = 'review' then 'review_unlikely'
            when links.match_probability >= {{ review_probability }} then 'rejected_likely'
            else 'rejected_unlikely'
        end as stratum
    from links
    inner join identity_map as left_map on links.left_record_id = left_map.record_id
    inner join identity_map as right_map on links.right_record_id = right_map.record_id
    -- What else an override brought about is no decision of the matcher.
    where
        links.rule <> 'override_must_link'
        and coalesce(links.cut_by, '') <> 'cannot_link_override'
),

-- One customer although no link says so of these two: where wrong links do most harm.
joined_pairs as (
    select
        left_map.record_id as left_record_id,
        right_map.record_id as right_record_id,
        left_map.customer_id as left_customer_id,
        right_map.customer_id as right_customer_id,
        -- No link: these are null.
        links.rule,
        links.evidence,
        'joined' as decision,
        links.match_weight,
        links.match_probability,
        'joined_by_others' as stratum
    from identity_map as left_map
    inner join identity_map as right_map
        on
            left_map.customer_id = right_map.customer_id
            and left_map.record_id < right_map.record_id
    left join links
        on
            left_map.record_id = links.left_record_id
            and right_map.record_id = links.right_record_id
    where links.left_record_id is null
),

pairs as (
    select *
    from listed_pairs
    union all
    select *
    from joined_pairs
),

open_pairs as (
    select
        pairs.left_record_id,
        pairs.right_record_id,
        pairs.left_customer_id,
        pairs.right_customer_id,
        pairs.stratum,
        pairs.decision,
        pairs.rule,
        pairs.evidence,
        pairs.match_weight,
        pairs.match_probability,
        pairs.left_customer_id = pairs.right_customer_id as is_linked
    from pairs
    left join decided_pairs
        on
            pairs.left_record_id = decided_pairs.left_record_id
            and pairs.right_record_id = decided_pairs.right_record_id
    where decided_pairs.left_record_id is null
),

drawn_pairs as (
    select
        left_record_id,
        right_record_id,
        left_customer_id,
        right_customer_id,
        stratum,
        decision,
        rule,
        evidence,
        match_weight,
        match_probability,
        is_linked,
        count(*) over (partition by stratum) as stratum_pair_count,
        row_number() over (
            partition by stratum
            order by
                md5(left_record_id || '|' || right_record_id) asc nulls last,
                left_record_id asc nulls last,
                right_record_id asc nulls last
        ) as sample_rank
    from open_pairs
)

select
    left_record_id,
    right_record_id,
    left_customer_id,
    right_customer_id,
    stratum,
    decision,
    rule,
    evidence,
    match_weight,
    match_probability,
    stratum_pair_count,
    sample_rank,
    case
        when sample_rank <= {{ var('identity_review_sample_size') }}
            then
                cast(stratum_pair_count as double precision)
                / least(stratum_pair_count, {{ var('identity_review_sample_size') }})
    end as sampling_weight,
    row_number() over (
        order by
            case when decision = 'review' and not is_linked then 0 else 1 end asc nulls last,
            match_probability desc nulls last,
            left_record_id asc nulls last,
            right_record_id asc nulls last
    ) as review_rank,
    is_linked,
    sample_rank <= {{ var('identity_review_sample_size') }} as is_sampled
from drawn_pairs
where
    sample_rank <= {{ var('identity_review_sample_size') }}
    or (decision = 'review' and not is_linked)
