-- grain: one row per customer in the segment
-- Reads our e-mails. Mail programs open by themselves, so an open counts less than a click.
with

customer_traits as (
    select
        customer_id,
        email_opened_count_last_90_days,
        email_clicked_count_last_90_days
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.email_opened_count_last_90_days,
    customer_traits.email_clicked_count_last_90_days
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where
    customer_traits.email_clicked_count_last_90_days > 0
    or customer_traits.email_opened_count_last_90_days >= {{ var('email_engaged_min_open_count') }}
