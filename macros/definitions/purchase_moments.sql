{#
    When customers last bought anything, in any channel, as CTEs that follow a CTE `events` with
    customer_id, event_type and occurred_at: orders, purchases, last_purchases (customer_id,
    last_purchased_at). An order in a status nobody knows is a purchase until it is known to be
    cancelled; a purchase event counts before its order has arrived. Reminders go by this, since
    who has bought needs none; revenue goes by counted orders.
#}
{% macro last_purchases_ctes() -%}
orders as (
    select
        orders.customer_id,
        {{ order_moment('orders') }} as ordered_at
    from {{ ref('orders') }} as orders
    where orders.customer_id is not null and coalesce(orders.status, '') <> 'cancelled'
),

purchases as (
    select
        customer_id,
        ordered_at as purchased_at
    from orders
    union all
    select
        customer_id,
        occurred_at as purchased_at
    from events
    where event_type = 'purchased'
),

last_purchases as (
    select
        customer_id,
        max(purchased_at) as last_purchased_at
    from purchases
    group by customer_id
)
{%- endmacro %}
