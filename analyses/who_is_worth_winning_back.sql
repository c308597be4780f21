-- Question: which lapsing customers brought the most, and may we write to them?
with

lapsing as (
    select
        customer_id,
        days_since_last_order,
        net_amount_reporting
    from {{ ref('seg_lapsing') }}
),

customers as (
    select
        customer_id,
        email,
        country_code
    from {{ ref('customers') }}
),

email_consents as (
    select
        contact_point,
        status,
        rule
    from {{ ref('consents') }}
    where contact_point_type = 'email' and purpose = 'marketing' and channel = 'email'
)

select
    lapsing.customer_id,
    customers.country_code,
    lapsing.net_amount_reporting,
    lapsing.days_since_last_order,
    email_consents.rule,
    coalesce(email_consents.status, 'no e-mail address') as email_consent
from lapsing
inner join customers on lapsing.customer_id = customers.customer_id
left join email_consents on customers.email = email_consents.contact_point
order by lapsing.net_amount_reporting desc nulls last, lapsing.customer_id asc nulls last
