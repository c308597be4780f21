-- What happened to e-mails is the same in the input, by campaign and day, and by customer: known
-- customers and nobody known are the two terms of each count.
with

received as (
    select
        event_type,
        count(*) as event_count
    from {{ ref('int_email_events_unioned') }}
    where campaign_id is not null
    group by event_type
),

{% set kinds = email_event_kinds() -%}
by_campaign as (
    {% for kind in kinds -%}
        {% if not loop.first %}union all{% endif %}
        select
            '{{ kind }}' as event_type,
            coalesce(sum(email_{{ kind }}_count), 0) as event_count
        from {{ ref('campaign_performance') }}
    {% endfor %}
),

by_customer as (
    {% for kind in kinds -%}
        {% if not loop.first %}union all{% endif %}
        select
            '{{ kind }}' as event_type,
            coalesce(sum({{ kind }}_count), 0) as event_count
        from {{ ref('email_engagement') }}
    {% endfor %}
),

of_nobody_known as (
    select
        event_type,
        count(*) as event_count
    from {{ ref('customer_events') }}
    where
        interaction_type = 'email_event'
        and campaign_id is not null
        and customer_id is null
    group by event_type
)

select
    by_campaign.event_type,
    received.event_count as received_count,
    by_campaign.event_count as campaign_count,
    by_customer.event_count as customer_count,
    of_nobody_known.event_count as nobody_count
from by_campaign
inner join by_customer on by_campaign.event_type = by_customer.event_type
left join received on by_campaign.event_type = received.event_type
left join of_nobody_known on 'email_' || by_campaign.event_type = of_nobody_known.event_type
where
    coalesce(received.event_count, 0) <> by_campaign.event_count
    or coalesce(received.event_count, 0)
    <> by_customer.event_count + coalesce(of_nobody_known.event_count, 0)
