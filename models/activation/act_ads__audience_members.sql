-- grain: one row per customer and segment whom advertising may follow, with hashes of the address
with

candidates as (
    select
        customer_id,
        segment_name,
        email,
        consent_rule,
        consent_event_id,
        consent_decided_at
    from {{ ref('candidates_ads__audience_members') }}
    where holdback_reason is null
)

select
    customer_id,
    segment_name,
    {{ advertising_email_hash('email', 'google') | indent(4) }} as google_email_hash,
    {{ advertising_email_hash('email', 'meta') | indent(4) }} as meta_email_hash,
    consent_rule,
    consent_event_id,
    consent_decided_at
from candidates
