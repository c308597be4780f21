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
    select
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

-- A visit may be here twice, before its order and as the one that reported it.
visits_of_orders as (
    select
        orders.order_id,
        sessions.session_id,
        sessions.is_direct,
        sessions.started_at
    from orders
    inner join sessions
        on
            orders.customer_id = sessions.customer_id
            and orders.ordered_at >= sessions.started_at
            and {{ add_days('sessions.started_at', var('attribution_lookback_days')) }}
            >= orders.ordered_at
    union all
    select
        order_numbers.order_id,
        sessions.session_id,
        sessions.is_direct,
        sessions.started_at
    from purchases
    inner join order_numbers on purchases.order_number = order_numbers.order_number
    inner join sessions on purchases.session_id = sessions.session_id
),

last_visits as (
    select
        order_id,
        {{ value_of_first('session_id', [
            'case when is_direct then 1 else 0 end asc nulls last',
            'started_at desc nulls last',
            'session_id asc nulls last',
        ]) }} as session_id
    from visits_of_orders
    group by order_id
),

last_touches as (
    select
        last_visits.order_id,
        sessions.session_id,
        sessions.utm_source,
        sessions.utm_medium,
        sessions.campaign_tag,
        sessions.is_direct,
        sessions.started_at
    from last_visits
    inner join sessions on last_visits.session_id = sessions.session_id
),

first_orders as (
    select
        customer_id,
        {{ value_of_first('order_id', [
            'ordered_at asc nulls last', 'order_id asc nulls last',
        ]) }} as order_id
    from orders
    where customer_id is not null
    group by customer_id
)

select
    orders.order_id,
    orders.customer_id,
    last_touches.session_id,
    last_touches.campaign_tag,
    last_touches.utm_source,
    last_touches.utm_medium,
    case
        when last_touches.session_id is null then 'none'
        when last_touches.campaign_tag is not null then 'campaign'
        when not last_touches.is_direct then 'other'
        else 'direct'
    end as touch_type,
    '{{ var('reporting_currency') }}' as reporting_currency_code,
    orders.net_amount_reporting,
    first_orders.order_id is not null as is_first_order,
    orders.ordered_date,
    orders.ordered_at,
    last_touches.started_at as touched_at
from orders
left join last_touches on orders.order_id = last_touches.order_id
left join first_orders on orders.order_id = first_orders.order_id
