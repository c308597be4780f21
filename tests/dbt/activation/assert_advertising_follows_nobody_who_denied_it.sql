-- Advertising is about the person: a denial at any of their contact points counts for all.
with

sent as (
    select distinct customer_id from {{ ref('act_ads__audience_members') }}
),

customer_identifiers as (
    select
        customer_id,
        identifier_type,
        identifier_value
    from {{ ref('customer_identifiers') }}
),

denials as (
    select
        contact_point_type,
        contact_point
    from {{ ref('consents') }}
    where purpose = 'advertising' and status = 'denied'
)

select sent.customer_id
from sent
inner join customer_identifiers on sent.customer_id = customer_identifiers.customer_id
inner join denials
    on
        customer_identifiers.identifier_type = denials.contact_point_type
        and customer_identifiers.identifier_value = denials.contact_point
