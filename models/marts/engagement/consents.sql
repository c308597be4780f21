-- grain: one row per contact point, purpose and channel
-- Consent belongs to the contact point. The latest denial stands until a later explicit grant for
-- the same contact point, purpose and channel; at the same moment the denial wins; without any
-- recorded grant the answer is no. Nothing here depends on the order in which rows arrived, and
-- neither a merge nor another address can open what is closed.
-- What cannot be read closes: an answer in words that are not known is a denial, and a denial whose
-- purpose or channel is not known is one for every purpose or channel.
-- Purposes about the person rather than a channel have the channel `any`.
with

consent_events as (
    select * from {{ ref('int_consents_unioned') }}
),

email_events as (
    select
        email_event_id,
        email,
        event_type,
        bounce_type,
        occurred_at,
        loaded_at
    from {{ ref('int_email_events_unioned') }}
),

privacy_requests as (
    select
        privacy_request_id,
        request_type,
        contact_point_type,
        contact_point,
        received_at,
        loaded_at
    from {{ ref('int_privacy_requests_unioned') }}
    where request_type in ('objection', 'erasure') and coalesce(status, 'open') <> 'rejected'
),

customer_identifiers as (
    select
        customer_id,
        identifier_type,
        identifier_value,
        is_blocked
    from {{ ref('customer_identifiers') }}
    where identifier_type in ('email', 'phone')
),

channel_reach as (
    {{ consent_channel_reach() | indent(4) }}
),

-- What a request closes, and how wide.
request_purposes as (
    {% for request_type, purpose in [
        ('objection', 'marketing'), ('objection', 'advertising'),
        ('erasure', 'marketing'), ('erasure', 'advertising'),
        ('erasure', 'analytics'), ('erasure', 'personalisation'),
    ] -%}
        {% if not loop.first %}union all{% endif %}
        select
            '{{ request_type }}' as request_type,
            '{{ purpose }}' as purpose
    {% endfor %}
),

-- A person who objects at one address objects at all of theirs. Blocked values are shared by
-- strangers, so an objection does not travel along them.
requested_contact_points as (
    select
        privacy_request_id,
        request_type,
        contact_point_type,
        contact_point,
        request_type as reason,
        received_at,
        loaded_at
    from privacy_requests
    union
    select
        privacy_requests.privacy_request_id,
        privacy_requests.request_type,
        companions.identifier_type as contact_point_type,
        companions.identifier_value as contact_point,
        privacy_requests.request_type || '_of_same_customer' as reason,
        privacy_requests.received_at,
        privacy_requests.loaded_at
    from privacy_requests
    inner join customer_identifiers as named
        on
            privacy_requests.contact_point_type = named.identifier_type
            and privacy_requests.contact_point = named.identifier_value
            and not named.is_blocked
    inner join customer_identifiers as companions
        on named.customer_id = companions.customer_id and not companions.is_blocked
    where
        companions.identifier_value <> named.identifier_value
        or companions.identifier_type <> named.identifier_type
),

evidence_received as (
    select
        'consent_event/' || consent_event_id as event_id,
        contact_point_type,
        contact_point,
        purpose,
        case when status = 'granted' then channel else coalesce(channel, 'any') end
            as recorded_channel,
        case when status = 'granted' then 'granted' else 'denied' end as decision,
        coalesce(status, 'unreadable_answer') as reason,
        coalesce(method, '') not in (
            {%- for method in var('consent_implicit_methods') %}'{{ method }}',
            {% endfor -%}
            ' '
        ) as is_explicit,
        occurred_at,
        loaded_at
    from consent_events
    union all
    select
        'email_event/' || email_event_id as event_id,
        'email' as contact_point_type,
        email as contact_point,
        'marketing' as purpose,
        'email' as recorded_channel,
        'denied' as decision,
        case when event_type = 'bounced' then 'hard_bounce' else event_type end as reason,
        true as is_explicit,
        occurred_at,
        loaded_at
    from email_events
    where
        event_type in ('unsubscribed', 'complained')
        or (event_type = 'bounced' and bounce_type = 'hard')
    union all
    select
        'privacy_request/' || requested_contact_points.privacy_request_id as event_id,
        requested_contact_points.contact_point_type,
        requested_contact_points.contact_point,
        request_purposes.purpose,
        'any' as recorded_channel,
        'denied' as decision,
        requested_contact_points.reason,
        true as is_explicit,
        requested_contact_points.received_at as occurred_at,
        requested_contact_points.loaded_at
    from requested_contact_points
    inner join request_purposes
        on requested_contact_points.request_type = request_purposes.request_type
),

every_purpose as (
    select 'marketing' as purpose
    {%- for purpose in person_level_purposes() %}
        union all
        select '{{ purpose }}' as purpose
    {%- endfor %}
),

evidence_of_known_purpose as (
    select
        event_id,
        contact_point_type,
        contact_point,
        purpose,
        recorded_channel,
        decision,
        reason,
        is_explicit,
        occurred_at,
        loaded_at
    from evidence_received
    where purpose is not null
    union all
    select
        evidence_received.event_id,
        evidence_received.contact_point_type,
        evidence_received.contact_point,
        every_purpose.purpose,
        evidence_received.recorded_channel,
        evidence_received.decision,
        evidence_received.reason,
        evidence_received.is_explicit,
        evidence_received.occurred_at,
        evidence_received.loaded_at
    from evidence_received
    cross join every_purpose
    where evidence_received.purpose is null and evidence_received.decision = 'denied'
),

-- A time in the future is a wrong clock: it counts from when it reached us. Without a time a
-- denial counts from when it reached us too, and a grant is older than any denial.
evidence_dated as (
    select
        event_id,
        contact_point_type,
        contact_point,
        purpose,
        recorded_channel,
        decision,
        reason,
        is_explicit,
        case
            when occurred_at is not null
                then least(occurred_at, coalesce(loaded_at, {{ as_of() }}), {{ as_of() }})
            when decision = 'granted' then timestamp '1900-01-01 00:00:00'
            else coalesce(loaded_at, {{ as_of() }})
        end as effective_at
    from evidence_of_known_purpose
    where contact_point is not null
),

evidence as (
    select
        evidence_dated.event_id,
        evidence_dated.contact_point_type,
        evidence_dated.contact_point,
        evidence_dated.purpose,
        channel_reach.channel,
        evidence_dated.decision,
        evidence_dated.reason,
        evidence_dated.is_explicit,
        evidence_dated.effective_at
    from evidence_dated
    inner join channel_reach
        on
            evidence_dated.contact_point_type = channel_reach.contact_point_type
            and evidence_dated.recorded_channel = channel_reach.recorded_channel
            and evidence_dated.decision = channel_reach.decision
    where evidence_dated.purpose = 'marketing'
    union all
    select
        event_id,
        contact_point_type,
        contact_point,
        purpose,
        'any' as channel,
        decision,
        reason,
        is_explicit,
        effective_at
    from evidence_dated
    where purpose <> 'marketing' and recorded_channel is not null
),

last_denials as (
    select
        contact_point_type,
        contact_point,
        purpose,
        channel,
        max(effective_at) as last_denied_at
    from evidence
    where decision = 'denied'
    group by contact_point_type, contact_point, purpose, channel
),

evidence_that_counts as (
    select
        evidence.*,
        row_number() over (
            partition by
                evidence.contact_point_type,
                evidence.contact_point,
                evidence.purpose,
                evidence.channel
            order by
                evidence.effective_at desc nulls last,
                evidence.event_id desc nulls last,
                evidence.reason asc nulls last
        ) as decision_rank
    from evidence
    left join last_denials
        on
            evidence.contact_point_type = last_denials.contact_point_type
            and evidence.contact_point = last_denials.contact_point
            and evidence.purpose = last_denials.purpose
            and evidence.channel = last_denials.channel
    where
        (
            evidence.decision = 'denied'
            and evidence.effective_at = last_denials.last_denied_at
        )
        or (
            evidence.decision = 'granted'
            and last_denials.last_denied_at is null
        )
        or (
            evidence.decision = 'granted'
            and evidence.is_explicit
            and evidence.effective_at > last_denials.last_denied_at
        )
),

decisions as (
    select
        event_id,
        contact_point_type,
        contact_point,
        purpose,
        channel,
        decision,
        reason,
        effective_at
    from evidence_that_counts
    where decision_rank = 1
),

contact_points as (
    select
        identifier_type as contact_point_type,
        identifier_value as contact_point
    from customer_identifiers
    union
    select
        contact_point_type,
        contact_point
    from decisions
),

own_channels as (
    select
        contact_point_type,
        channel
    from channel_reach
    where recorded_channel = 'any' and decision = 'granted'
),

person_purposes as (
    {% for purpose in person_level_purposes() -%}
        {% if not loop.first %}union all{% endif %}
        select '{{ purpose }}' as purpose
    {% endfor %}
),

-- Asked of every contact point; a decision about anything else is an answer to its own question.
-- No question is asked twice, so none has to be looked for among the others.
questions as (
    select
        contact_points.contact_point_type,
        contact_points.contact_point,
        'marketing' as purpose,
        own_channels.channel
    from contact_points
    inner join own_channels on contact_points.contact_point_type = own_channels.contact_point_type
    union all
    select
        contact_points.contact_point_type,
        contact_points.contact_point,
        person_purposes.purpose,
        'any' as channel
    from contact_points
    cross join person_purposes
    union all
    select
        decisions.contact_point_type,
        decisions.contact_point,
        decisions.purpose,
        decisions.channel
    from decisions
    left join own_channels
        on
            decisions.purpose = 'marketing'
            and decisions.contact_point_type = own_channels.contact_point_type
            and decisions.channel = own_channels.channel
    where
        own_channels.channel is null
        and decisions.purpose not in (
            {%- for purpose in person_level_purposes() %}
                '{{ purpose }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
)

select
    questions.contact_point_type,
    questions.contact_point,
    questions.purpose,
    questions.channel,
    decisions.event_id as decided_by_event_id,
    decisions.effective_at as decided_at,
    coalesce(decisions.decision, 'unknown') as status,
    coalesce(decisions.reason, 'no_recorded_grant') as rule,  -- noqa: RF04
    coalesce(decisions.decision = 'granted', false) as is_granted
from questions
left join decisions
    on
        questions.contact_point_type = decisions.contact_point_type
        and questions.contact_point = decisions.contact_point
        and questions.purpose = decisions.purpose
        and questions.channel = decisions.channel
