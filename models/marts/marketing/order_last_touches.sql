-- grain: one row per counted order
-- The visit that an order is put down to: the last one of its customer before the order that was
-- not direct, at most attribution_lookback_days old. The visit that reported the very order counts
-- however its customer is known, by the order number if one order alone has it. A direct visit
-- never takes the place of an earlier campaign; without any visit nothing is put down to anybody.
with

orders as (
    select
        orders.order_id,
        orders.customer_id,
        orders.channel,
        orders.order_number,
        orders.net_amount_reporting,
        {{ order_moment('orders') }} as ordered_at,
        coalesce(orders.ordered_date, cast({{ order_moment('orders') }} as date)) as ordered_date
    from {{ ref('orders') }} as orders
    where orders.is_counted
),

purchases as (
    select distinct
        order_number,
        session_id
    from {{ ref('customer_events') }}
    where event_type = 'purchased' and order_number is not null and session_id is not null
),

sessions as (
    select
        sessions.session_id,
        sessions.customer_id,
        sessions.utm_source,
        sessions.utm_medium,
        {{ campaign_tag('sessions.utm_campaign') }} as campaign_tag,
        {{ is_direct_session('sessions') | indent(8) }} as is_direct,
        sessions.started_at
    from {{ ref('sessions') }} as sessions
),

order_numbers as (
    select
        order_number,
        min(order_id) as order_id
    from orders
    where channel = 'online' and order_number is not null
    group by order_number
    having count(*) = 1
),

visits_before_orders as (
    select
        orders.order_id,
        sessions.session_id
    from orders
    inner join sessions
        on
            orders.customer_id = sessions.customer_id
            and orders.ordered_at >= sessions.started_at
            and {{ add_days('sessions.started_at', var('attribution_lookback_days')) }}
            >= orders.ordered_at
    union
    select
        order_numbers.order_id,
        purchases.session_id
    from purchases
    inner join order_numbers on purchases.order_number = order_numbers.order_number
),

visits_ranked as (
    select
        visits_before_orders.order_id,
        sessions.session_id,
        sessions.utm_source,
        sessions.utm_medium,
        sessions.campaign_tag,
        sessions.is_direct,
        sessions.started_at,
        row_number() over (
            partition by visits_before_orders.order_id
            order by
                case when sessions.is_direct then 1 else 0 end asc nulls last,
                sessions.started_at desc nulls last,
                sessions.session_id asc nulls last
        ) as visit_rank
    from visits_before_orders
    inner join sessions on visits_before_orders.session_id = sessions.session_id
),

first_orders as (
    select
        order_id,
        row_number() over (
            partition by customer_id
            order by ordered_at asc nulls last, order_id asc nulls last
        ) as order_rank
    from orders
    where customer_id is not null
)

select
    orders.order_id,
    orders.customer_id,
    visits_ranked.session_id,
    visits_ranked.campaign_tag,
    visits_ranked.utm_source,
    visits_ranked.utm_medium,
    case
        when visits_ranked.session_id is null then 'none'
        when visits_ranked.campaign_tag is not null then 'campaign'
        when not visits_ranked.is_direct then 'other'
        else 'direct'
    end as touch_type,
    '{{ var('reporting_currency') }}' as reporting_currency_code,
    orders.net_amount_reporting,
    coalesce(first_orders.order_rank = 1, false) as is_first_order,
    orders.ordered_date,
    orders.ordered_at,
    visits_ranked.started_at as touched_at
from orders
left join visits_ranked on orders.order_id = visits_ranked.order_id and visits_ranked.visit_rank = 1
left join first_orders on orders.order_id = first_orders.order_id
