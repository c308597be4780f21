-- Question: which campaigns bring back what their ads cost, when an order is put down to the last
-- visit before it that was not direct?
-- Of a campaign with ads only what came since they began counts; also after they end, since people
-- buy later.
with

campaign_performance as (
    select
        campaign_tag,
        email_sent_count,
        ad_click_count,
        session_count,
        ad_spend_amount_reporting,
        last_non_direct_touch_order_count,
        last_non_direct_touch_first_order_count,
        last_non_direct_touch_net_amount_reporting,
        performance_date,
        min(case when ad_spend_amount_reporting > 0 then performance_date end) over (
            partition by campaign_tag
        ) as ads_began_date
    from {{ ref('campaign_performance') }}
),

campaigns_added_up as (
    select
        campaign_tag,
        sum(email_sent_count) as email_sent_count,
        sum(ad_click_count) as ad_click_count,
        sum(session_count) as session_count,
        sum(last_non_direct_touch_order_count) as order_count,
        sum(last_non_direct_touch_first_order_count) as first_order_count,
        sum(ad_spend_amount_reporting) as ad_spend_amount_reporting,
        sum(last_non_direct_touch_net_amount_reporting) as net_amount_reporting
    from campaign_performance
    where ads_began_date is null or performance_date >= ads_began_date
    group by campaign_tag
)

select
    campaign_tag,
    email_sent_count,
    ad_click_count,
    session_count,
    order_count,
    first_order_count,
    ad_spend_amount_reporting,
    net_amount_reporting,
    {{ safe_divide('net_amount_reporting', 'ad_spend_amount_reporting') }} as return_on_ad_spend,
    {{ safe_divide('ad_spend_amount_reporting', 'first_order_count') }}
        as ad_spend_per_first_order_reporting
from campaigns_added_up
order by net_amount_reporting desc nulls last, campaign_tag asc nulls last
