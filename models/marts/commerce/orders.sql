-- grain: one row per order or till receipt
-- Every order of the input is here, counted or not, so that totals tie to the sources: tests,
-- cancelled orders and the till's copy of a click-and-collect order say why they do not count.
-- Money given back at the till for such a copy is netted from the order that counts, in the same
-- currency: sources book a refund once, so it would be missing from revenue otherwise.
with

orders_received as (
    select * from {{ ref('int_orders_unioned') }}
),

refunds_received as (
    select
        order_id,
        refund_amount,
        refunded_at
    from {{ ref('int_refunds_unioned') }}
),

order_items_received as (
    select
        order_id,
        quantity
    from {{ ref('int_order_items_unioned') }}
),

identity_map as (
    select
        record_id,
        customer_id,
        false as is_ambiguous
    from {{ ref('identity_map') }}
),

loyalty_cards as (
    select
        identifier_value,
        customer_id,
        is_ambiguous
    from {{ ref('identifier_owners') }}
    where identifier_type = 'loyalty_card'
),

currency_conversions as (
    select * from {{ ref('currency_conversions') }}
    where reporting_rate is not null
),

items_by_order as (
    select
        order_id,
        count(*) as item_count,
        sum(coalesce(quantity, 0)) as unit_count
    from order_items_received
    group by order_id
),

orders_collectable as (
    select
        order_id,
        order_number,
        country_code,
        case
            when coalesce(status, '') <> 'cancelled' and not coalesce(is_test, false)
                then order_id
        end as countable_order_id
    from orders_received
    where channel = 'online' and fulfilment_method = 'click_and_collect'
),

-- Two shops may number their orders alike: a receipt that fits several is handed to none. A
-- cancelled or test order does not count, so a receipt that collects one is the sale itself: the
-- order only tells whose it is.
collections_matched as (
    select
        receipts.order_id,
        min(collectable.countable_order_id) as collected_order_id,
        coalesce(min(collectable.countable_order_id), min(collectable.order_id))
            as named_order_id
    from orders_received as receipts
    inner join orders_collectable as collectable
        on
            receipts.collected_order_number = collectable.order_number
            and receipts.country_code = collectable.country_code
    where receipts.channel = 'till'
    group by receipts.order_id
    having count(collectable.countable_order_id) = 1 or count(*) = 1
),

-- Who fetches an order is whoever placed it, unless the receipt itself says otherwise.
collections as (
    select
        collections_matched.order_id,
        collections_matched.collected_order_id,
        orders_collected.person_record_id
    from collections_matched
    inner join orders_received as orders_collected
        on collections_matched.named_order_id = orders_collected.order_id
),

orders_judged as (
    select
        orders_received.*,
        collections.collected_order_id,
        coalesce(
            orders_received.person_record_id, collections.person_record_id
        ) as named_record_id,
        case
            when coalesce(orders_received.is_test, false) then 'test_order'
            when orders_received.status = 'cancelled' then 'cancelled'
            when collections.collected_order_id is not null then 'collects_another_order'
        end as not_counted_reason,
        coalesce(
            cast(orders_received.ordered_date as date), cast(orders_received.loaded_at as date)
        ) as rate_date
    from orders_received
    left join collections on orders_received.order_id = collections.order_id
),

collections_of_refunds as (
    select
        copies.order_id,
        copies.collected_order_id
    from orders_judged as copies
    inner join orders_received as orders_collected
        on
            copies.collected_order_id = orders_collected.order_id
            and copies.currency_code = orders_collected.currency_code
    where copies.not_counted_reason = 'collects_another_order'
),

refunds_by_order as (
    select
        coalesce(collections_of_refunds.collected_order_id, refunds_received.order_id) as order_id,
        sum(coalesce(refunds_received.refund_amount, 0)) as refunded_amount,
        count(*) as refund_count,
        max(refunds_received.refunded_at) as last_refunded_at
    from refunds_received
    left join collections_of_refunds
        on refunds_received.order_id = collections_of_refunds.order_id
    group by coalesce(collections_of_refunds.collected_order_id, refunds_received.order_id)
),

order_days as (
    select distinct
        currency_code,
        rate_date
    from orders_judged
),

day_rates as (
    select
        order_days.currency_code,
        order_days.rate_date,
        currency_conversions.reporting_rate
    from order_days
    inner join currency_conversions
        on {{ is_rate_of_day(
            'currency_conversions', 'order_days.currency_code', 'order_days.rate_date'
        ) | indent(4) }}
),

orders_with_refunds as (
    select
        orders_judged.*,
        refunds_by_order.refunded_amount,
        refunds_by_order.refund_count,
        refunds_by_order.last_refunded_at,
        day_rates.reporting_rate
    from orders_judged
    left join refunds_by_order on orders_judged.order_id = refunds_by_order.order_id
    left join day_rates
        on
            orders_judged.currency_code = day_rates.currency_code
            and orders_judged.rate_date = day_rates.rate_date
),

-- Converted before they are added, so that amounts in the reporting currency add up to the cent.
-- The parts take the names that the macros of amounts read; those of the order's own currency are
-- made before, because a second reading of all orders would have to be joined to this one.
orders_converted as (
    select
        {%- for column in [
            'order_id', 'named_record_id', 'loyalty_card_number', 'source', 'order_number',
            'channel', 'store_id', 'country_code', 'status', 'fulfilment_method',
            'collected_order_id', 'not_counted_reason', 'currency_code', 'refund_count',
            'reporting_rate', 'is_test', 'ordered_date', 'ordered_at', 'cancelled_at',
            'last_refunded_at', 'updated_at', 'loaded_at',
        ] %}
            orders_with_refunds.{{ column }},
        {%- endfor %}
        {%- for name, amount in {
            'gross': order_gross_amount('orders_with_refunds'),
            'discount': order_discount_amount('orders_with_refunds'),
            'tax': order_tax_amount('orders_with_refunds'),
            'shipping': order_shipping_amount('orders_with_refunds'),
            'refunded': order_refunded_amount('orders_with_refunds'),
        }.items() %}
            {{ amount }} as own_{{ name }}_amount,
            {{ in_reporting_currency(amount, 'orders_with_refunds') }} as {{ name }}_amount,
        {%- endfor %}
        {{ order_total_amount('orders_with_refunds') | indent(8) }} as own_total_amount,
        {{ order_net_amount('orders_with_refunds', 'orders_with_refunds') | indent(8) }}
            as own_net_amount
    from orders_with_refunds
)

select
    orders_converted.order_id,
    {{ resolved_customer_id(['identity_map', 'loyalty_cards']) | indent(4) }} as customer_id,
    orders_converted.named_record_id as person_record_id,
    orders_converted.loyalty_card_number,
    orders_converted.source,
    orders_converted.order_number,
    {{ identity_status(['identity_map', 'loyalty_cards']) | indent(4) }} as identity_status,
    orders_converted.channel,
    orders_converted.store_id,
    orders_converted.country_code,
    orders_converted.status,
    orders_converted.fulfilment_method,
    orders_converted.collected_order_id as duplicate_of_order_id,
    orders_converted.not_counted_reason,
    orders_converted.currency_code,
    '{{ var('reporting_currency') }}' as reporting_currency_code,
    coalesce(items_by_order.item_count, 0) as item_count,
    coalesce(cast(items_by_order.unit_count as bigint), 0) as unit_count,
    coalesce(orders_converted.refund_count, 0) as refund_count,
    {%- for name in ['gross', 'discount', 'tax', 'shipping', 'total', 'refunded', 'net'] %}
        orders_converted.own_{{ name }}_amount as {{ name }}_amount,
    {%- endfor %}
    {#- Without a rate there is no amount, rather than one of nothing. #}
    {%- for name, amount in {
        'gross': order_gross_amount('orders_converted'),
        'discount': order_discount_amount('orders_converted'),
        'tax': order_tax_amount('orders_converted'),
        'shipping': order_shipping_amount('orders_converted'),
        'total': order_total_amount('orders_converted'),
        'refunded': order_refunded_amount('orders_converted'),
        'net': order_net_amount('orders_converted', 'orders_converted'),
    }.items() %}
        case
            when orders_converted.reporting_rate is not null
                then {{ amount | indent(12) }}
        end as {{ name }}_amount_reporting,
    {%- endfor %}
    orders_converted.not_counted_reason is null as is_counted,
    coalesce(orders_converted.is_test, false) as is_test,
    cast(orders_converted.ordered_date as date) as ordered_date,
    orders_converted.ordered_at,
    orders_converted.cancelled_at,
    orders_converted.last_refunded_at,
    orders_converted.updated_at,
    orders_converted.loaded_at
from orders_converted
left join items_by_order on orders_converted.order_id = items_by_order.order_id
left join identity_map on orders_converted.named_record_id = identity_map.record_id
left join loyalty_cards on orders_converted.loyalty_card_number = loyalty_cards.identifier_value
