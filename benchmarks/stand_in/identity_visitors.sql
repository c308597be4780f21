-- grain: one row per anonymous id
-- A device of one person is theirs, one of several is ambiguous: link_back without the periods.
select
    anonymous_id,
    case when count(distinct customer_id) = 1 then min(customer_id) end as customer_id,
    case when count(distinct customer_id) = 1 then min(person_record_id) end as person_record_id,
    'link_back' as policy,
    case when count(distinct customer_id) = 1 then 'only_user' else 'shared_device' end as evidence,
    count(distinct customer_id) > 1 as is_ambiguous,
    cast(null as timestamp) as valid_from,
    cast(null as timestamp) as valid_to
from {{ ref('identity_visitor_sightings') }}
where customer_id is not null
group by anonymous_id
