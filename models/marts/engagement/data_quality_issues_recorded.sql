-- grain: one row per source, model, column, issue and run (its as_of)
-- What could not be read in staging, and what the marts find beyond a single row. Counts only,
-- never a value.
-- STATE: what an earlier run found cannot be found again once the data were mended. Runs add up to
-- a history; running twice with one clock leaves one set of rows. Nothing is written under --empty
-- or --sample, which would find only what is in the part they see.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of',
    on_schema_change='append_new_columns',
    full_refresh=false,
    schema='cdp_state',
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
        duplicate_of_order_id,
        gross_amount,
        total_amount,
        refunded_amount,
        net_amount_reporting
    from {{ ref('orders') }}
),

orders_received as (
    select
        order_id,
        collected_order_number
    from {{ ref('int_orders_unioned') }}
),

order_items as (
    select
        source,
        order_id,
        category,
        gross_amount
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

account_links as (
    select
        source,
        account_id
    from {{ ref('int_account_links') }}
),

accounts as (
    select account_id from {{ ref('int_accounts_unioned') }}
),

ad_spend as (
    select
        source,
        currency_code
    from {{ ref('int_ad_spend_unioned') }}
    where spend_amount is not null
),

currencies as (
    select distinct currency_code from {{ ref('currency_conversions') }}
),

email_events as (
    select
        source,
        campaign_id
    from {{ ref('int_email_events_unioned') }}
),

campaigns_received as (
    select campaign_id from {{ ref('int_campaigns_unioned') }}
),

lines_by_order as (
    select
        order_id,
        sum(gross_amount) as gross_amount
    from order_items
    group by order_id
),

found as (
    select
        source,
        'orders' as model_name,
        'refunded_amount' as column_name,
        'refund_above_total' as issue
    from orders
    where refunded_amount > total_amount
    union all
    select
        source,
        'orders' as model_name,
        'customer_id' as column_name,
        'ambiguous_customer' as issue
    from orders
    where identity_status = 'ambiguous'
    union all
    select
        source,
        'orders' as model_name,
        'net_amount_reporting' as column_name,
        'no_rate_for_currency' as issue
    from orders
    where net_amount_reporting is null
    union all
    select
        orders.source,
        'orders' as model_name,
        'person_record_id' as column_name,
        'names_unknown_record' as issue
    from orders
    left join identity_map on orders.person_record_id = identity_map.record_id
    where orders.person_record_id is not null and identity_map.record_id is null
    union all
    select
        orders.source,
        'orders' as model_name,
        'duplicate_of_order_id' as column_name,
        'collected_order_not_found' as issue
    from orders
    inner join orders_received on orders.order_id = orders_received.order_id
    where
        orders_received.collected_order_number is not null
        and orders.duplicate_of_order_id is null
    union all
    select
        orders.source,
        'orders' as model_name,
        'gross_amount' as column_name,
        'differs_from_its_lines' as issue
    from orders
    inner join lines_by_order on orders.order_id = lines_by_order.order_id
    where orders.gross_amount <> lines_by_order.gross_amount
    union all
    select
        order_items.source,
        'order_items' as model_name,
        'order_id' as column_name,
        'order_not_found' as issue
    from order_items
    left join orders on order_items.order_id = orders.order_id
    where orders.order_id is null
    union all
    select
        refunds.source,
        'int_refunds_unioned' as model_name,
        'order_id' as column_name,
        'order_not_found' as issue
    from refunds
    left join orders on refunds.order_id = orders.order_id
    where orders.order_id is null
    union all
    select
        source,
        'order_items' as model_name,
        'category' as column_name,
        'product_not_found' as issue
    from order_items
    where category is null
    union all
    select
        source,
        'customer_events' as model_name,
        'customer_id' as column_name,
        'ambiguous_customer' as issue
    from events
    where identity_status = 'ambiguous' and interaction_type <> 'order'
    union all
    select
        source,
        'customer_events' as model_name,
        'occurred_at' as column_name,
        'undated' as issue
    from events
    where occurred_at is null
    union all
    select
        source,
        'consents' as model_name,
        'contact_point' as column_name,
        'consent_event_unreadable' as issue
    from consents_received
    where contact_point is null or purpose is null or status is null
    union all
    select
        account_links.source,
        'account_contacts' as model_name,
        'account_id' as column_name,
        'account_not_found' as issue
    from account_links
    left join accounts on account_links.account_id = accounts.account_id
    where accounts.account_id is null
    union all
    select
        ad_spend.source,
        'campaign_performance' as model_name,
        'ad_spend_amount_reporting' as column_name,
        'no_rate_for_currency' as issue
    from ad_spend
    left join currencies on ad_spend.currency_code = currencies.currency_code
    where currencies.currency_code is null
    union all
    select
        email_events.source,
        'campaigns' as model_name,
        'campaign_id' as column_name,
        'campaign_not_listed' as issue
    from email_events
    left join campaigns_received on email_events.campaign_id = campaigns_received.campaign_id
    where campaigns_received.campaign_id is null
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
    source,
    cast(model_name as text) as model_name,
    cast(column_name as text) as column_name,
    cast(issue as text) as issue,
    cast(row_count as bigint) as row_count,
    {{ as_of() }} as as_of
from issues
where {{ 'false' if flags.EMPTY or flags.SAMPLE else 'true' }}
