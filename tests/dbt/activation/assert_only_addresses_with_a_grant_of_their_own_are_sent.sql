-- A grant for one address of a person must not open another, in any sync.
with

sent as (
    select
        'email' as sync,
        email
    from {{ ref('candidates_email__contacts') }}
    where holdback_reason is null
    union all
    select
        'ads' as sync,
        email
    from {{ ref('candidates_ads__audience_members') }}
    where holdback_reason is null
),

granted as (
    select
        contact_point as email,
        case when purpose = 'marketing' then 'email' else 'ads' end as sync
    from {{ ref('consents') }}
    where
        is_granted
        and contact_point_type = 'email'
        and ((purpose = 'marketing' and channel = 'email') or purpose = 'advertising')
)

select
    sent.sync,
    count(*) as row_count
from sent
left join granted on sent.sync = granted.sync and sent.email = granted.email
where granted.email is null
group by sent.sync
