-- Every person record of the input layer has exactly one customer, and nobody else has.
select
    coalesce(persons.record_id, identity_map.record_id) as record_id,
    persons.record_id is null as is_missing_in_input,
    identity_map.record_id is null as is_missing_in_identity
from {{ ref('int_persons_unioned') }} as persons
full outer join {{ ref('identity_map') }} as identity_map
    on persons.record_id = identity_map.record_id
where persons.record_id is null or identity_map.record_id is null
