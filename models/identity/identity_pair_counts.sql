-- grain: one row per rule and outcome
-- No pair is dropped silently: those without a row in identity_links are counted here.
with

pairs as (
    select
        rule,
        outcome,
        pair_count
    from {{ ref('identity_pairs') }}
    where outcome not in ('seen', 'run')
)

select
    rule,
    outcome,
    cast(sum(pair_count) as {{ dbt.type_bigint() }}) as pair_count
from pairs
group by rule, outcome
