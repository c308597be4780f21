-- The map and the links must come from one decision: a linked pair has one customer.
select
    links.left_record_id,
    links.right_record_id
from {{ ref('identity_links') }} as links
inner join {{ ref('identity_map') }} as left_map on links.left_record_id = left_map.record_id
inner join {{ ref('identity_map') }} as right_map on links.right_record_id = right_map.record_id
where links.decision = 'linked' and left_map.customer_id <> right_map.customer_id
