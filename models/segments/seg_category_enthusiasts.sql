-- grain: one row per customer in the segment
-- Buy nearly all from one part of the range. The family says which part in one word for all
-- shops, so that coffee lovers of two countries are one audience: filter by it.
with

customer_traits as (
    select
        customer_id,
        favourite_category,
        favourite_category_family,
        favourite_category_unit_count,
        categorised_unit_count,
        last_ordered_at,
        {{ safe_divide('favourite_category_unit_count', 'categorised_unit_count') }}
            as favourite_category_share
    from {{ ref('customer_traits') }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
)

select
    customer_traits.customer_id,
    customer_traits.favourite_category,
    customer_traits.favourite_category_family,
    customer_traits.favourite_category_unit_count,
    customer_traits.categorised_unit_count,
    customer_traits.favourite_category_share,
    customer_traits.last_ordered_at
from customer_traits
inner join segmentable_customers
    on customer_traits.customer_id = segmentable_customers.customer_id
where
    customer_traits.categorised_unit_count >= {{ var('category_enthusiast_min_unit_count') }}
    and customer_traits.favourite_category_share >= {{ var('category_enthusiast_min_share') }}
