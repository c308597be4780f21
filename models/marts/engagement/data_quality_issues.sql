-- grain: one row per source, model, column, issue and run (its as_of)
-- What could not be read in staging, and what the marts find beyond a single row. Counts only,
-- never a value. Runs add up to a history; running twice with one clock leaves one set of rows.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of',
    on_schema_change='append_new_columns',
) }}
with

input_issues as (
    select
        source,
        model_name,
        column_name,
        issue,
        row_count
    from {{ ref('int_data_quality_issues') }}
),

orders as (
    select
        source,
        order_id,
        person_record_id,
        identity_status,
        channel,
        fulfilment_method,
        not_counted_reason,
        gross_amount,
        total_amount,
        refunded_amount,
        net_amount_reporting
    from {{ ref('orders') }}
),

orders_received as (
    select
        order_id,
        source,
        collected_order_number
    from {{ ref('int_orders_unioned') }}
),

order_items as (
    select
        source,
        order_id,
        sku,
        gross_amount,
        category
    from {{ ref('order_items') }}
),

refunds as (
    select
        source,
        order_id
    from {{ ref('int_refunds_unioned') }}
),

events as (
    select
        source,
        interaction_type,
        person_record_id,
        identity_status,
        occurred_at
    from {{ ref('customer_events') }}
),

consents_received as (
    select
        source,
        contact_point,
        purpose,
        status
    from {{ ref('int_consents_unioned') }}
),

identity_map as (
    select record_id from {{ ref('identity_map') }}
),

lines_by_order as (
    select
        order_id,
        sum(gross_amount) as gross_amount
    from order_items
    group by order_id
),

found as (
    select source, 'orders' as model_name, 'refunded_amount' as column_name, 'refund_above_total' as issue
    from orders
    where refunded_amount > total_amount
    union all
    select source, 'orders', 'customer_id', 'ambiguous_customer'
    from orders
    where identity_status = 'ambiguous'
    union all
    select source, 'orders', 'net_amount_reporting', 'no_rate_for_currency'
    from orders
    where net_amount_reporting is null
    union all
    select orders.source, 'orders', 'person_record_id', 'names_unknown_record'
    from orders
    left join identity_map on orders.person_record_id = identity_map.record_id
    where orders.person_record_id is not null and identity_map.record_id is null
    union all
    select orders_received.source, 'orders', 'duplicate_of_order_id', 'collected_order_not_found'
    from orders_received
    inner join orders on orders_received.order_id = orders.order_id
    where
        orders_received.collected_order_number is not null
        and coalesce(orders.not_counted_reason, '') <> 'collects_another_order'
    union all
    select orders_received.source, 'orders', 'gross_amount', 'differs_from_its_lines'
    from orders_received
    inner join lines_by_order on orders_received.order_id = lines_by_order.order_id
    inner join orders as placed on orders_received.order_id = placed.order_id
    where placed.gross_amount <> lines_by_order.gross_amount
    union all
    select order_items.source, 'order_items', 'order_id', 'order_not_found'
    from order_items
    left join orders on order_items.order_id = orders.order_id
    where orders.order_id is null
    union all
    select refunds.source, 'int_refunds_unioned', 'order_id', 'order_not_found'
    from refunds
    left join orders on refunds.order_id = orders.order_id
    where orders.order_id is null
    union all
    select source, 'order_items', 'category', 'product_not_found'
    from order_items
    where category is null
    union all
    select source, 'customer_events', 'customer_id', 'ambiguous_customer'
    from events
    where identity_status = 'ambiguous' and interaction_type <> 'order'
    union all
    select source, 'customer_events', 'occurred_at', 'undated'
    from events
    where occurred_at is null
    union all
    select source, 'consents', 'contact_point', 'consent_event_unreadable'
    from consents_received
    where contact_point is null or purpose is null or status is null
),

mart_issues as (
    select
        source,
        model_name,
        column_name,
        issue,
        count(*) as row_count
    from found
    group by source, model_name, column_name, issue
),

issues as (
    select
        source,
        model_name,
        column_name,
        issue,
        row_count
    from input_issues
    union all
    select
        source,
        model_name,
        column_name,
        issue,
        row_count
    from mart_issues
)

select
    cast(source as text) as source,
    cast(model_name as text) as model_name,
    cast(column_name as text) as column_name,
    cast(issue as text) as issue,
    cast(row_count as bigint) as row_count,
    {{ as_of() }} as as_of
from issues
