-- Every person record of the input layer has a customer, and every customer is in the mart.
with

persons as (
    select record_id from {{ ref('int_persons_unioned') }}
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

customers as (
    select customer_id from {{ ref('customers') }}
)

select
    persons.record_id,
    'has no customer' as problem
from persons
left join identity_map on persons.record_id = identity_map.record_id
where identity_map.customer_id is null
union all
select
    identity_map.record_id,
    'its customer is not in the mart' as problem
from identity_map
left join customers on identity_map.customer_id = customers.customer_id
where customers.customer_id is null
