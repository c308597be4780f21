-- Orders and guests are read from one raw table by two models. Were their conditions to drift
-- apart, an order would name a person who does not exist, or a person would have bought nothing.
with

orders as (

    select person_record_id from {{ ref('stg_shop_uk__orders') }}
    union all
    select person_record_id from {{ ref('stg_shop_de__orders') }}

),

guests as (

    select record_id from {{ ref('stg_shop_uk__guests') }}
    union all
    select record_id from {{ ref('stg_shop_de__guests') }}

),

guests_named_by_orders as (

    select distinct person_record_id as record_id
    from orders
    where person_record_id like '%:order/%'

),

distinct_guests as (

    select distinct record_id
    from guests

)

select
    distinct_guests.record_id as guest,
    guests_named_by_orders.record_id as named_by_order
from distinct_guests
full outer join guests_named_by_orders
    on distinct_guests.record_id = guests_named_by_orders.record_id
where distinct_guests.record_id is null or guests_named_by_orders.record_id is null
