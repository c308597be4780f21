-- Question: how long do tickets take by channel and priority, and do customers rate fast help
-- better?
with

support_tickets as (
    select
        channel,
        priority,
        satisfaction,
        seconds_to_solve,
        is_open
    from {{ ref('support_tickets') }}
)

select
    channel,
    priority,
    count(*) as ticket_count,
    sum(case when is_open then 1 else 0 end) as open_ticket_count,
    avg(seconds_to_solve) / 3600 as average_hours_to_solve,
    avg(case when satisfaction = 'good' then seconds_to_solve end) / 3600
        as average_hours_when_rated_good,
    avg(case when satisfaction = 'bad' then seconds_to_solve end) / 3600
        as average_hours_when_rated_bad,
    {{ safe_divide(
        "sum(case when satisfaction = 'bad' then 1 else 0 end)", 'count(satisfaction)'
    ) }} as bad_share
from support_tickets
group by channel, priority
order by ticket_count desc nulls last, channel asc nulls last, priority asc nulls last
