-- At any moment an anonymous id has one period at most, so no event is counted for two people.
with

periods as (
    select
        anonymous_id,
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by anonymous_id
            order by valid_from asc nulls first, valid_to asc nulls last
        ) as next_valid_from
    from {{ ref('identity_visitors') }}
)

select anonymous_id
from periods
where
    (valid_to is not null and next_valid_from < valid_to)
    or (valid_to is null and next_valid_from is not null)
    or (valid_from is not null and valid_to is not null and valid_from >= valid_to)
