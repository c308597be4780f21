-- grain: one row per customer in the segment
-- Get our e-mails and read none: to be asked once more, then to be left in peace, since mailing
-- them on spoils the delivery to everybody. A mail that bounced reached nobody.
with

email_events as (
    select
        customer_id,
        event_type,
        occurred_at
    from {{ ref('customer_events') }}
    where
        customer_id is not null
        and interaction_type = 'email_event'
        and occurred_at >= {{ days_ago(var('email_dormant_after_days')) }}
        and occurred_at <= {{ as_of() }}
),

segmentable_customers as (
    select customer_id from {{ ref('segmentable_customers') }}
),

mail_counts as (
    select
        customer_id,
        sum(
            case event_type when 'email_sent' then 1 when 'email_bounced' then -1 else 0 end
        ) as email_delivered_count,
        sum(case when event_type in ('email_opened', 'email_clicked') then 1 else 0 end)
            as email_read_count,
        max(case when event_type = 'email_sent' then occurred_at end) as last_email_sent_at
    from email_events
    group by customer_id
)

select
    mail_counts.customer_id,
    cast(mail_counts.email_delivered_count as bigint) as email_delivered_count,
    mail_counts.last_email_sent_at
from mail_counts
inner join segmentable_customers
    on mail_counts.customer_id = segmentable_customers.customer_id
where
    mail_counts.email_read_count = 0
    and mail_counts.email_delivered_count >= {{ var('email_dormant_min_delivered_count') }}
