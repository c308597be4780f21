-- grain: one row per campaign, as the tag of its links names it, and day
-- Campaigns that share a tag share a row: their links cannot be told apart. A day is the business
-- day of an order, the platform's day of an ad, and the UTC day of visits and e-mails.
{% set email_counts = [] %}
{%- for kind in email_event_kinds() %}
    {%- do email_counts.append('email_' ~ kind ~ '_count') %}
{%- endfor %}
{%- set order_counts = [
    'last_non_direct_touch_order_count', 'last_non_direct_touch_first_order_count',
] %}
{%- set ad_counts = ['ad_impression_count', 'ad_click_count'] %}
{%- set counts = email_counts + ad_counts + ['session_count'] + order_counts %}
{%- set amounts = [
    'ad_spend_amount_reporting', 'last_non_direct_touch_net_amount_reporting',
] %}
with

campaigns as (
    select
        campaign_id,
        campaign_tag
    from {{ ref('campaigns') }}
),

email_events as (
    select
        campaign_id,
        event_type,
        occurred_at
    from {{ ref('int_email_events_unioned') }}
),

ad_spend as (
    select
        campaign_id,
        utm_campaign,
        impression_count,
        click_count,
        spend_amount,
        currency_code,
        spend_date
    from {{ ref('int_ad_spend_unioned') }}
),

currency_conversions as (
    select * from {{ ref('currency_conversions') }}
),

sessions as (
    select
        utm_campaign,
        started_at
    from {{ ref('sessions') }}
),

order_last_touches as (
    select
        campaign_tag,
        net_amount_reporting,
        is_first_order,
        ordered_date
    from {{ ref('order_last_touches') }}
    where campaign_tag is not null
),

email_days as (
    select
        campaigns.campaign_tag,
        {%- for kind in email_event_kinds() %}
            sum(case when email_events.event_type = '{{ kind }}' then 1 else 0 end)
                as email_{{ kind }}_count,
        {%- endfor %}
        cast(email_events.occurred_at as date) as performance_date
    from email_events
    inner join campaigns on email_events.campaign_id = campaigns.campaign_id
    group by campaigns.campaign_tag, cast(email_events.occurred_at as date)
),

ad_days as (
    select
        {{ campaign_tag('ad_spend.utm_campaign', 'ad_spend.campaign_id') }} as campaign_tag,
        ad_spend.spend_date as performance_date,
        sum(coalesce(ad_spend.impression_count, 0)) as ad_impression_count,
        sum(coalesce(ad_spend.click_count, 0)) as ad_click_count,
        sum({{ in_reporting_currency('ad_spend.spend_amount', 'currency_conversions') }})
            as ad_spend_amount_reporting
    from ad_spend
    left join currency_conversions
        on {{ is_rate_of_day(
            'currency_conversions', 'ad_spend.currency_code', 'ad_spend.spend_date'
        ) | indent(4) }}
    group by
        {{ campaign_tag('ad_spend.utm_campaign', 'ad_spend.campaign_id') }}, ad_spend.spend_date
),

session_days as (
    select
        {{ campaign_tag('utm_campaign') }} as campaign_tag,
        cast(started_at as date) as performance_date,
        count(*) as session_count
    from sessions
    where utm_campaign is not null
    group by {{ campaign_tag('utm_campaign') }}, cast(started_at as date)
),

order_days as (
    select
        campaign_tag,
        ordered_date as performance_date,
        count(*) as last_non_direct_touch_order_count,
        sum(case when is_first_order then 1 else 0 end) as last_non_direct_touch_first_order_count,
        sum(coalesce(net_amount_reporting, 0)) as last_non_direct_touch_net_amount_reporting
    from order_last_touches
    group by campaign_tag, ordered_date
),

{%- set measures_of_days = {
    'email_days': email_counts,
    'ad_days': ad_counts + amounts[:1],
    'session_days': ['session_count'],
    'order_days': order_counts + amounts[1:],
} %}

days as (
    {%- for days, measures in measures_of_days.items() %}
        select
            campaign_tag,
            {%- for measure in counts + amounts %}
                {{ measure if measure in measures else '0 as ' ~ measure }},
            {%- endfor %}
            performance_date
        from {{ days }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    campaign_tag,
    '{{ var('reporting_currency') }}' as reporting_currency_code,
    {%- for count in counts %}
        cast(sum({{ count }}) as bigint) as {{ count }},
    {%- endfor %}
    {%- for amount in amounts %}
        cast(sum({{ amount }}) as numeric(18, 2)) as {{ amount }},
    {%- endfor %}
    performance_date
from days
where campaign_tag is not null
group by campaign_tag, performance_date
