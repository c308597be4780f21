-- grain: one row per ordered pair of records of a customer and step from the one to the other
-- Name both records: `where from_record_id = … and to_record_id = …`. All pairs are quadratic.
-- The ways of both to the root meet somewhere; what they share is no part of the path between them.
with

way_steps as (
    select
        record_id,
        root_record_id,
        left_record_id,
        right_record_id,
        rule,
        match_weight,
        step_number
    from {{ ref('identity_link_trees') }}
),

members as (
    select
        record_id,
        root_record_id
    from way_steps
    where step_number = 1
),

pairs as (
    select
        origins.record_id as from_record_id,
        goals.record_id as to_record_id
    from members as origins
    inner join members as goals on origins.root_record_id = goals.root_record_id
    where origins.record_id <> goals.record_id
),

path_links as (
    select
        pairs.from_record_id,
        pairs.to_record_id,
        way_steps.left_record_id,
        way_steps.right_record_id,
        way_steps.rule,
        way_steps.match_weight,
        way_steps.step_number as place
    from pairs
    inner join way_steps on pairs.from_record_id = way_steps.record_id
    left join way_steps as shared
        on
            pairs.to_record_id = shared.record_id
            and way_steps.left_record_id = shared.left_record_id
    where way_steps.right_record_id is not null and shared.record_id is null
    union all
    -- From where both ways meet down to the other record: its own way, turned round.
    select
        pairs.from_record_id,
        pairs.to_record_id,
        way_steps.right_record_id as left_record_id,
        way_steps.left_record_id as right_record_id,
        way_steps.rule,
        way_steps.match_weight,
        -way_steps.step_number as place
    from pairs
    inner join way_steps on pairs.to_record_id = way_steps.record_id
    left join way_steps as shared
        on
            pairs.from_record_id = shared.record_id
            and way_steps.left_record_id = shared.left_record_id
    where way_steps.right_record_id is not null and shared.record_id is null
),

numbered_links as (
    select
        from_record_id,
        to_record_id,
        left_record_id,
        right_record_id,
        rule,
        match_weight,
        row_number() over (
            partition by from_record_id, to_record_id
            order by case when place > 0 then 0 else 1 end asc nulls last, place asc nulls last
        ) as step_number
    from path_links
),

ranked_links as (
    select
        from_record_id,
        to_record_id,
        left_record_id,
        right_record_id,
        rule,
        match_weight,
        step_number,
        row_number() over (
            partition by from_record_id, to_record_id
            order by match_weight asc nulls last, step_number asc nulls last
        ) as weakness_rank
    from numbered_links
),

-- identity_links holds each pair once; a path may walk it either way.
links as (
    select
        left_record_id,
        right_record_id,
        evidence,
        match_probability
    from {{ ref('identity_links') }}
    where decision = 'linked'
    union all
    select
        right_record_id as left_record_id,
        left_record_id as right_record_id,
        evidence,
        match_probability
    from {{ ref('identity_links') }}
    where decision = 'linked'
)

select
    ranked_links.from_record_id,
    ranked_links.to_record_id,
    ranked_links.left_record_id,
    ranked_links.right_record_id,
    ranked_links.rule,
    links.evidence,
    ranked_links.match_weight,
    links.match_probability,
    ranked_links.step_number,
    ranked_links.weakness_rank = 1 as is_weakest
from ranked_links
inner join links
    on
        ranked_links.left_record_id = links.left_record_id
        and ranked_links.right_record_id = links.right_record_id
