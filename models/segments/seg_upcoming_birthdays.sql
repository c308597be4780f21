-- grain: one row per customer in the segment
-- Have their birthday today or in the days ahead. A birth date is needed; most people give none.
with

customers as (
    select
        customer_id,
        birth_date
    from {{ ref('customers') }}
    where birth_date is not null
),

birthdays_ahead as (
    {{- birthdays_ahead(var('birthday_ahead_days')) | indent(4) }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customers.customer_id,
    {{ days_between(as_of(), 'birthdays_ahead.birthday_date') }} as days_until_birthday,
    birthdays_ahead.birthday_date
from customers
inner join birthdays_ahead
    on
        birthdays_ahead.month_number = extract(month from customers.birth_date)
        and birthdays_ahead.day_number = extract(day from customers.birth_date)
inner join segmentable_customers
    on customers.customer_id = segmentable_customers.customer_id
