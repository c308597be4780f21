-- No answer is yes without a grant of the very contact point and purpose that is later than every
-- denial of it, and no customer may be profiled whom one of their contact points denies.
-- Written from the input layer, not from the rules of the mart, so that a wrong rule shows.
with

consents as (
    select
        contact_point_type,
        contact_point,
        purpose,
        channel,
        is_granted
    from {{ ref('consents') }}
    where is_granted
),

granted as (
    select
        contact_point_type,
        contact_point,
        purpose,
        channel,
        max(coalesce(occurred_at, timestamp '1900-01-01 00:00:00')) as last_granted_at
    from {{ ref('int_consents_unioned') }}
    where status = 'granted'
    group by contact_point_type, contact_point, purpose, channel
),

denials as (
    select
        contact_point_type,
        contact_point,
        purpose,
        channel,
        occurred_at as denied_at
    from {{ ref('int_consents_unioned') }}
    -- an answer that cannot be read is a denial, and its missing purpose or channel is every one
    where coalesce(status, '') <> 'granted'
    union all
    select
        'email' as contact_point_type,
        email as contact_point,
        'marketing' as purpose,
        'email' as channel,
        occurred_at as denied_at
    from {{ ref('int_email_events_unioned') }}
    where event_type in ('unsubscribed', 'complained') or bounce_type = 'hard'
    union all
    select
        contact_point_type,
        contact_point,
        'marketing' as purpose,
        'any' as channel,
        received_at as denied_at
    from {{ ref('int_privacy_requests_unioned') }}
    where request_type in ('objection', 'erasure') and coalesce(status, 'open') <> 'rejected'
),

customer_denials as (
    select distinct
        customer_identifiers.customer_id,
        denied.purpose
    from {{ ref('consents') }} as denied
    inner join {{ ref('customer_identifiers') }} as customer_identifiers
        on
            denied.contact_point_type = customer_identifiers.identifier_type
            and denied.contact_point = customer_identifiers.identifier_value
    where denied.status = 'denied'
)

select
    consents.contact_point,
    consents.purpose,
    'no grant of this contact point, purpose and channel' as problem
from consents
left join granted
    on
        consents.contact_point_type = granted.contact_point_type
        and consents.contact_point = granted.contact_point
        and consents.purpose = granted.purpose
        and (granted.channel in (consents.channel, 'any') or consents.channel = 'any')
where granted.contact_point is null
union all
select
    consents.contact_point,
    consents.purpose,
    'a denial is later than every grant' as problem
from consents
inner join denials
    on
        consents.contact_point_type = denials.contact_point_type
        and consents.contact_point = denials.contact_point
        and consents.purpose = coalesce(denials.purpose, consents.purpose)
        and (
            coalesce(denials.channel, 'any') in (consents.channel, 'any')
            or consents.channel = 'any'
        )
left join granted
    on
        consents.contact_point_type = granted.contact_point_type
        and consents.contact_point = granted.contact_point
        and consents.purpose = granted.purpose
        and (granted.channel in (consents.channel, 'any') or consents.channel = 'any')
        and denials.denied_at < granted.last_granted_at
where granted.contact_point is null and denials.denied_at is not null
union all
select
    customer_consents.customer_id as contact_point,
    customer_consents.purpose,
    'a contact point of the customer denies it' as problem
from {{ ref('customer_consents') }} as customer_consents
inner join customer_denials
    on
        customer_consents.customer_id = customer_denials.customer_id
        and customer_consents.purpose = customer_denials.purpose
where customer_consents.is_granted
