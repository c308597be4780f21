-- Every counted order is put down to one visit or to none, so what campaigns earned, what other
-- visits earned and what nobody earned add up to all revenue; and campaign_performance says of
-- campaigns what order_last_touches says. Ads cost in it what they cost in the input.
with

revenue as (
    select
        count(*) as order_count,
        coalesce(sum(net_amount_reporting), 0) as net_amount_reporting
    from {{ ref('orders') }}
    where is_counted
),

touches as (
    select
        count(*) as order_count,
        coalesce(sum(net_amount_reporting), 0) as net_amount_reporting,
        sum(case when touch_type <> 'campaign' then 1 else 0 end) as unattributed_order_count,
        coalesce(sum(case when touch_type <> 'campaign' then net_amount_reporting end), 0)
            as unattributed_amount_reporting
    from {{ ref('order_last_touches') }}
),

performance as (
    select
        coalesce(sum(last_non_direct_touch_order_count), 0) as order_count,
        coalesce(sum(last_non_direct_touch_net_amount_reporting), 0) as net_amount_reporting,
        coalesce(sum(ad_spend_amount_reporting), 0) as ad_spend_amount_reporting,
        coalesce(sum(ad_click_count), 0) as ad_click_count,
        coalesce(sum(session_count), 0) as session_count
    from {{ ref('campaign_performance') }}
),

-- Rounded row by row, as amounts are converted everywhere.
spending as (
    select
        coalesce(
            sum(
                cast(
                    ad_spend.spend_amount * currency_conversions.reporting_rate as numeric(18, 2)
                )
            ),
            0
        ) as ad_spend_amount_reporting
    from {{ ref('int_ad_spend_unioned') }} as ad_spend
    inner join {{ ref('currency_conversions') }} as currency_conversions
        on
            ad_spend.currency_code = currency_conversions.currency_code
            and ad_spend.spend_date >= currency_conversions.valid_from_date
            and ad_spend.spend_date < currency_conversions.valid_before_date
    where ad_spend.campaign_id is not null or ad_spend.utm_campaign is not null
),

ad_clicks as (
    select coalesce(sum(click_count), 0) as ad_click_count
    from {{ ref('int_ad_spend_unioned') }}
    where campaign_id is not null or utm_campaign is not null
),

campaign_visits as (
    select count(*) as session_count
    from {{ ref('sessions') }}
    where utm_campaign is not null
)

select
    revenue.order_count as counted_order_count,
    touches.order_count as judged_order_count,
    performance.order_count as campaign_order_count,
    revenue.net_amount_reporting,
    touches.unattributed_amount_reporting,
    performance.net_amount_reporting as campaign_amount_reporting
from revenue
cross join touches
cross join performance
cross join spending
cross join ad_clicks
cross join campaign_visits
where
    revenue.order_count <> touches.order_count
    or revenue.order_count <> performance.order_count + touches.unattributed_order_count
    or revenue.net_amount_reporting
    <> performance.net_amount_reporting + touches.unattributed_amount_reporting
    or performance.ad_spend_amount_reporting <> spending.ad_spend_amount_reporting
    or performance.ad_click_count <> ad_clicks.ad_click_count
    or performance.session_count <> campaign_visits.session_count
