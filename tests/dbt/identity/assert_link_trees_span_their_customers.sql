-- The links of a tree and the map come from one decision: a tree holds exactly one customer.
with

way_steps as (
    select
        record_id,
        root_record_id
    from {{ ref('identity_link_trees') }}
    where step_number = 1
),

tree_members as (
    select
        way_steps.record_id,
        way_steps.root_record_id,
        identity_map.customer_id
    from way_steps
    full outer join {{ ref('identity_map') }} as identity_map
        on way_steps.record_id = identity_map.record_id
)

select
    customer_id,
    min(root_record_id) as first_root_record_id,
    max(root_record_id) as last_root_record_id
from tree_members
group by customer_id
having
    customer_id is null
    or count(root_record_id) < count(*)
    or min(root_record_id) <> max(root_record_id)
