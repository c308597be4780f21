-- Question: which campaigns bring visits that end in a purchase, and visitors we know?
with

sessions as (
    select
        utm_campaign,
        identity_status,
        has_purchase,
        is_bounce
    from {{ ref('sessions') }}
    where utm_campaign is not null
)

select
    utm_campaign,
    count(*) as session_count,
    {{ safe_divide('sum(case when has_purchase then 1 else 0 end)', 'count(*)') }}
        as purchase_share,
    {{ safe_divide('sum(case when is_bounce then 1 else 0 end)', 'count(*)') }} as bounce_share,
    {{ safe_divide("sum(case when identity_status = 'known' then 1 else 0 end)", 'count(*)') }}
        as known_share
from sessions
group by utm_campaign
order by session_count desc nulls last, utm_campaign asc nulls last
