-- grain: one row per customer and e-mail address
-- Why a customer's golden e-mail is the one it is. All spellings of a mailbox are weighed
-- together; among them the one that most records write wins.
with

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

persons as (
    select
        record_id,
        record_type
    from {{ ref('int_persons_unioned') }}
),

identifiers as (
    select
        record_id,
        source,
        identifier_value as email,
        {{ mailbox_of('identifier_value') }} as mailbox,
        coalesce(is_primary, false) as is_primary,
        coalesce(is_verified, false) as is_verified,
        coalesce(first_seen_at, last_seen_at) as given_at,
        last_seen_at
    from {{ ref('identity_identifiers') }}
    where identifier_type = 'email' and not coalesce(is_blocked, false)
),

held as (
    select
        identity_map.customer_id,
        identifiers.*,
        coalesce(persons.record_type, 'profile') as record_type
    from identifiers
    inner join identity_map on identifiers.record_id = identity_map.record_id
    left join persons on identifiers.record_id = persons.record_id
),

-- The record of an address that says the most of it stands for its others.
emails as (
    select
        customer_id,
        email,
        mailbox,
        {{ value_of_first('record_id', [
            'record_type desc nulls last',
            'is_primary desc nulls last',
            source_rank('source') ~ ' asc nulls last',
            'last_seen_at desc nulls last',
            'record_id asc nulls last',
        ]) | indent(8) }} as record_id,
        count(*) as record_count,
        min({{ source_rank('source') | indent(8) }}) as best_source_rank,
        bool_or(is_verified) as is_verified
    from held
    group by customer_id, email, mailbox
),

mailboxes as (
    select
        customer_id,
        mailbox,
        min(best_source_rank) as best_source_rank,
        bool_or(is_verified) as is_verified
    from emails
    group by customer_id, mailbox
),

holders as (
    select
        mailbox,
        count(*) as customer_count
    from mailboxes
    group by mailbox
),

decisions as (
    select
        contact_point as email,
        max(occurred_at) as decided_at
    from {{ ref('int_consents_unioned') }}
    where contact_point_type = 'email' and occurred_at <= {{ as_of() }}
    group by contact_point
),

deliveries as (
    select
        email,
        max(case when event_type in ('opened', 'clicked') then occurred_at end) as read_at,
        max(
            case
                when event_type = 'complained' or (event_type = 'bounced' and bounce_type = 'hard')
                    then occurred_at
            end
        ) as refused_at
    from {{ ref('int_email_events_unioned') }}
    where occurred_at <= {{ as_of() }}
    group by email
),

replaced as (
    select
        record_id,
        detail_value as mailbox,
        replaced_at
    from {{ ref('int_person_details') }}
    where detail_type = 'email' and replaced_at is not null
),

given_up as (
    select
        identity_map.customer_id,
        replaced.mailbox,
        max(replaced.replaced_at) as replaced_at
    from replaced
    inner join identity_map on replaced.record_id = identity_map.record_id
    group by identity_map.customer_id, replaced.mailbox
),

-- Who replaces an address by another has thought about it: such a record counts double.
corrected as (
    select distinct record_id
    from replaced
),

evidence as (
    select
        held.customer_id,
        held.mailbox,
        held.given_at as evidence_at,
        case
            when held.record_type <> 'profile' or not held.is_primary then 0.5
            when corrected.record_id is not null then 2.0
            else 1.0
        end as weight
    from held
    left join corrected on held.record_id = corrected.record_id
    union all
    select
        emails.customer_id,
        emails.mailbox,
        decisions.decided_at as evidence_at,
        1.0 as weight
    from emails
    inner join decisions on emails.email = decisions.email
    union all
    select
        emails.customer_id,
        emails.mailbox,
        deliveries.read_at as evidence_at,
        0.5 as weight
    from emails
    inner join deliveries on emails.email = deliveries.email
    where deliveries.read_at is not null
),

weighed as (
    select
        evidence.customer_id,
        evidence.mailbox,
        max(given_up.replaced_at) as replaced_at,
        max(evidence.evidence_at) as last_confirmed_at,
        sum(
            {{ golden_evidence_weight(
                'evidence.weight', 'evidence.evidence_at', 'given_up.replaced_at'
            ) | indent(12) }}
        ) as evidence_score
    from evidence
    left join given_up
        on
            evidence.customer_id = given_up.customer_id
            and evidence.mailbox = given_up.mailbox
    group by evidence.customer_id, evidence.mailbox
),

refusals as (
    select
        emails.customer_id,
        emails.mailbox,
        bool_or(
            deliveries.refused_at is not null
            and deliveries.refused_at >= coalesce(deliveries.read_at, deliveries.refused_at)
        ) as is_unreachable
    from emails
    inner join deliveries on emails.email = deliveries.email
    group by emails.customer_id, emails.mailbox
),

judged as (
    select
        emails.customer_id,
        emails.email,
        emails.mailbox,
        held.source,
        emails.record_id,
        emails.record_count,
        held.last_seen_at,
        mailboxes.best_source_rank,
        mailboxes.is_verified,
        coalesce(refusals.is_unreachable, false) as is_unreachable,
        holders.customer_count > 1 as is_shared,
        weighed.last_confirmed_at,
        weighed.replaced_at,
        coalesce(weighed.evidence_score, 0) as evidence_score
    from emails
    inner join held on emails.record_id = held.record_id and emails.email = held.email
    inner join mailboxes
        on
            emails.customer_id = mailboxes.customer_id
            and emails.mailbox = mailboxes.mailbox
    inner join holders on emails.mailbox = holders.mailbox
    left join weighed
        on
            emails.customer_id = weighed.customer_id
            and emails.mailbox = weighed.mailbox
    left join refusals
        on
            emails.customer_id = refusals.customer_id
            and emails.mailbox = refusals.mailbox
)

select
    customer_id,
    email,
    source,
    record_id,
    record_count,
    row_number() over (
        partition by customer_id
        order by
            is_unreachable asc nulls last,
            is_shared asc nulls last,
            is_verified desc nulls last,
            best_source_rank asc nulls last,
            evidence_score desc nulls last,
            last_confirmed_at desc nulls last,
            mailbox asc nulls last,
            record_count desc nulls last,
            length(email) asc nulls last,
            email asc nulls last
    ) as choice_rank,
    cast(evidence_score as numeric(18, 6)) as evidence_score,
    is_unreachable,
    is_shared,
    is_verified,
    last_confirmed_at,
    replaced_at,
    last_seen_at
from judged
