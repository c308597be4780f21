-- grain: one row per campaign
-- Campaigns of the e-mail tool and of ad platforms, and besides them whatever e-mail events or
-- tagged links name that no tool lists, so that nothing that a campaign brought lacks its campaign.
with

campaigns_received as (
    select
        campaign_id,
        source,
        campaign_name,
        channel,
        subject,
        utm_campaign,
        started_at
    from {{ ref('int_campaigns_unioned') }}
),

ad_spend as (
    select
        ad_spend_id,
        source,
        campaign_id,
        campaign_name,
        platform,
        utm_campaign,
        spend_date
    from {{ ref('int_ad_spend_unioned') }}
    where campaign_id is not null
),

email_events as (
    select
        source,
        campaign_id,
        occurred_at
    from {{ ref('int_email_events_unioned') }}
    where campaign_id is not null
),

sessions as (
    select
        {{ campaign_tag('sessions.utm_campaign') }} as campaign_tag,
        sessions.started_at
    from {{ ref('sessions') }} as sessions
    where sessions.utm_campaign is not null
),

-- An ad platform tells a campaign's name day by day: the latest counts.
ad_spend_ranked as (
    select
        ad_spend.*,
        row_number() over (
            partition by ad_spend.campaign_id
            order by ad_spend.spend_date desc nulls last, ad_spend.ad_spend_id asc nulls last
        ) as spend_rank,
        min(ad_spend.spend_date) over (partition by ad_spend.campaign_id) as first_spend_date
    from ad_spend
),

email_campaigns_named as (
    select
        campaign_id,
        min(source) as source,
        min(occurred_at) as started_at
    from email_events
    group by campaign_id
),

campaigns_of_tools as (
    select
        campaign_id,
        source,
        campaign_name,
        channel,
        cast(null as text) as platform,
        subject,
        utm_campaign,
        started_at,
        1 as preference
    from campaigns_received
    union all
    select
        campaign_id,
        source,
        campaign_name,
        'ads' as channel,
        platform,
        cast(null as text) as subject,
        utm_campaign,
        cast(first_spend_date as timestamp) as started_at,
        2 as preference
    from ad_spend_ranked
    where spend_rank = 1
    union all
    select
        campaign_id,
        source,
        cast(null as text) as campaign_name,
        'email' as channel,
        cast(null as text) as platform,
        cast(null as text) as subject,
        cast(null as text) as utm_campaign,
        started_at,
        3 as preference
    from email_campaigns_named
),

campaigns_ranked as (
    select
        campaigns_of_tools.*,
        {{ campaign_tag('campaigns_of_tools.utm_campaign', 'campaigns_of_tools.campaign_id') }}
            as campaign_tag,
        row_number() over (
            partition by campaigns_of_tools.campaign_id
            order by campaigns_of_tools.preference asc nulls last
        ) as campaign_rank
    from campaigns_of_tools
),

tags_of_sessions as (
    select
        campaign_tag,
        min(started_at) as started_at
    from sessions
    where campaign_tag is not null
    group by campaign_tag
),

tags_of_tools as (
    select distinct campaign_tag
    from campaigns_ranked
    where campaign_rank = 1
)

select
    campaign_id,
    campaign_tag,
    source,
    campaign_name,
    channel,
    platform,
    subject,
    preference < 3 as is_listed,
    started_at
from campaigns_ranked
where campaign_rank = 1
union all
select
    'link:' || tags_of_sessions.campaign_tag as campaign_id,
    tags_of_sessions.campaign_tag,
    cast(null as text) as source,
    cast(null as text) as campaign_name,
    'link' as channel,
    cast(null as text) as platform,
    cast(null as text) as subject,
    false as is_listed,
    tags_of_sessions.started_at
from tags_of_sessions
left join tags_of_tools on tags_of_sessions.campaign_tag = tags_of_tools.campaign_tag
where tags_of_tools.campaign_tag is null
