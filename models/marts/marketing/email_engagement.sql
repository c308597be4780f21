-- grain: one row per customer and e-mail campaign
-- Events of nobody known are not here; campaign_performance counts them. A customer with two
-- addresses on a list is sent two e-mails.
with

email_events as (
    select
        customer_id,
        campaign_id,
        event_type,
        occurred_at
    from {{ ref('customer_events') }}
    where
        interaction_type = 'email_event'
        and customer_id is not null
        and campaign_id is not null
),

events_by_campaign as (
    select
        customer_id,
        campaign_id,
        count(*) as event_count,
        {%- for kind in email_event_kinds() %}
            sum(case when event_type = 'email_{{ kind }}' then 1 else 0 end) as {{ kind }}_count,
        {%- endfor %}
        {%- for kind in ['sent', 'opened', 'clicked'] %}
            min(case when event_type = 'email_{{ kind }}' then occurred_at end)
                as first_{{ kind }}_at,
        {%- endfor %}
        max(occurred_at) as last_event_at
    from email_events
    group by customer_id, campaign_id
)

select
    customer_id,
    campaign_id,
    event_count,
    {%- for kind in email_event_kinds() %}
        cast({{ kind }}_count as bigint) as {{ kind }}_count,
    {%- endfor %}
    sent_count > bounced_count as is_delivered,
    opened_count > 0 or clicked_count > 0 as has_opened,
    clicked_count > 0 as has_clicked,
    first_sent_at,
    first_opened_at,
    first_clicked_at,
    last_event_at
from events_by_campaign
