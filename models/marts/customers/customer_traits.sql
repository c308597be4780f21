-- grain: one row per customer
-- Numbers about a customer at the moment of as_of(). Money is net and in the reporting currency;
-- only counted orders (see orders.is_counted) are in it.
{% set order_windows = {'last_365_days': 365, 'last_90_days': 90, 'last_30_days': 30} %}
{% set event_windows = [30, 90] %}
with

customers as (
    select customer_id from {{ ref('customers') }}
),

orders as (
    select
        orders.order_id,
        orders.customer_id,
        orders.channel,
        orders.discount_amount,
        orders.net_amount_reporting,
        orders.refunded_amount_reporting,
        {{ order_moment('orders') }} as ordered_at
    from {{ ref('orders') }} as orders
    where orders.is_counted and orders.customer_id is not null
),

order_items as (
    select
        customer_id,
        category,
        category_family,
        quantity
    from {{ ref('order_items') }}
    where is_counted and customer_id is not null and category is not null
),

events as (
    select
        customer_id,
        interaction_type,
        channel,
        event_type,
        point_count,
        is_by_customer,
        has_leaving_intent,
        occurred_at
    from {{ ref('customer_events') }}
    where customer_id is not null
),

sessions as (
    select
        customer_id,
        channel,
        started_at
    from {{ ref('sessions') }}
    where customer_id is not null
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

tickets as (
    select
        ticket_id,
        person_record_id,
        status,
        satisfaction,
        created_at,
        updated_at
    from {{ ref('int_tickets_unioned') }}
    where person_record_id is not null
),

survey_responses as (
    select
        survey_response_id,
        person_record_id,
        nps_score,
        responded_at
    from {{ ref('int_survey_responses_unioned') }}
    where person_record_id is not null and nps_score is not null
),

order_traits as (
    select
        customer_id,
        count(*) as order_count,
        sum(coalesce(net_amount_reporting, 0)) as net_amount_reporting,
        sum(coalesce(refunded_amount_reporting, 0)) as refunded_amount_reporting,
        {%- for name, days in order_windows.items() %}
            sum(case when ordered_at >= {{ days_ago(days) }} then 1 else 0 end)
                as order_count_{{ name }},
            sum(
                case
                    when ordered_at >= {{ days_ago(days) }} then coalesce(net_amount_reporting, 0)
                    else 0
                end
            ) as net_amount_reporting_{{ name }},
        {%- endfor %}
        sum(case when channel = 'online' then 1 else 0 end) as online_order_count,
        sum(case when channel = 'till' then 1 else 0 end) as till_order_count,
        sum(case when discount_amount > 0 then 1 else 0 end) as discounted_order_count,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at
    from orders
    group by customer_id
),

{% for name, measure in {
    'recency': 'last_ordered_at', 'frequency': 'order_count', 'monetary': 'net_amount_reporting',
}.items() %}
    {{ name }}_values as (
        select
            {{ measure }},
            count(*) as customer_count
        from order_traits
        where {{ measure }} is not null
        group by {{ measure }}
    ),

    {{ name }}_quintiles as (
        {{ quintiles_by_value(name ~ '_values', measure) }}
    ),

{% endfor %}
-- A customer of two shops has one favourite, though each shop has a word of its own for it: the
-- family decides, and the word is the one under which the customer bought the most of it.
categories as (
    select
        customer_id,
        category_family,
        category,
        sum(quantity) as unit_count
    from order_items
    group by customer_id, category_family, category
),

categories_with_totals as (
    select
        customer_id,
        category_family,
        category,
        sum(unit_count) over (partition by customer_id, category_family) as family_unit_count,
        sum(unit_count) over (partition by customer_id) as categorised_unit_count,
        row_number() over (
            partition by customer_id, category_family
            order by unit_count desc nulls last, category asc nulls last
        ) as word_rank
    from categories
),

families_ranked as (
    select
        customer_id,
        category_family,
        category,
        family_unit_count,
        categorised_unit_count,
        row_number() over (
            partition by customer_id
            order by family_unit_count desc nulls last, category_family asc nulls last
        ) as family_rank
    from categories_with_totals
    where word_rank = 1
),

favourite_categories as (
    select
        customer_id,
        category,
        category_family,
        family_unit_count,
        categorised_unit_count
    from families_ranked
    where family_rank = 1
),

event_traits as (
    select
        customer_id,
        {%- for days in event_windows %}
            sum(
                case when is_by_customer and occurred_at >= {{ days_ago(days) }} then 1 else 0 end
            ) as event_count_last_{{ days }}_days,
        {%- endfor %}
        {%- for name in ['opened', 'clicked'] %}
            sum(
                case
                    when
                        event_type = 'email_{{ name }}' and occurred_at >= {{ days_ago(90) }}
                        then 1
                    else 0
                end
            ) as email_{{ name }}_count_last_90_days,
        {%- endfor %}
        sum(case when interaction_type = 'ticket' then 1 else 0 end) as ticket_count,
        {{ points_balance('event_type', 'point_count') | indent(8) }} as loyalty_points_balance,
        max(case when channel in ('web', 'app') then occurred_at end) as last_web_visit_at,
        max(case when has_leaving_intent then occurred_at end) as last_leaving_intent_at
    from events
    group by customer_id
),

session_traits as (
    select
        customer_id,
        sum(case when started_at >= {{ days_ago(30) }} then 1 else 0 end)
            as session_count_last_30_days,
        sum(case when started_at >= {{ days_ago(90) }} then 1 else 0 end)
            as session_count_last_90_days
    from sessions
    group by customer_id
),

tickets_ranked as (
    select
        identity_map.customer_id,
        tickets.satisfaction,
        coalesce(tickets.updated_at, tickets.created_at) as changed_at,
        row_number() over (
            partition by identity_map.customer_id
            order by
                case when tickets.satisfaction is null then 1 else 0 end asc nulls last,
                coalesce(tickets.updated_at, tickets.created_at) desc nulls last,
                tickets.ticket_id asc nulls last
        ) as satisfaction_rank,
        case when {{ is_open_ticket('tickets.status') }} then 1 else 0 end as is_open
    from tickets
    inner join identity_map on tickets.person_record_id = identity_map.record_id
),

ticket_traits as (
    select
        customer_id,
        sum(is_open) as open_ticket_count,
        max(case when satisfaction_rank = 1 then satisfaction end) as last_satisfaction,
        max(case when satisfaction_rank = 1 and satisfaction is not null then changed_at end)
            as last_satisfaction_at
    from tickets_ranked
    group by customer_id
),

responses_ranked as (
    select
        identity_map.customer_id,
        survey_responses.nps_score,
        survey_responses.responded_at,
        row_number() over (
            partition by identity_map.customer_id
            order by
                survey_responses.responded_at desc nulls last,
                survey_responses.survey_response_id asc nulls last
        ) as response_rank
    from survey_responses
    inner join identity_map on survey_responses.person_record_id = identity_map.record_id
),

last_responses as (
    select
        customer_id,
        nps_score,
        responded_at
    from responses_ranked
    where response_rank = 1
)

select
    customers.customer_id,
    '{{ var('reporting_currency') }}' as reporting_currency_code,
    favourite_categories.category as favourite_category,
    favourite_categories.category_family as favourite_category_family,
    case
        when order_traits.order_count is null then null
        when order_traits.online_order_count > order_traits.till_order_count then 'online'
        when order_traits.online_order_count < order_traits.till_order_count then 'till'
        else 'both'
    end as preferred_order_channel,
    ticket_traits.last_satisfaction,
    cast(recency_quintiles.quintile as text)
    || cast(frequency_quintiles.quintile as text)
    || cast(monetary_quintiles.quintile as text) as rfm_cell,
    recency_quintiles.quintile as rfm_recency,
    frequency_quintiles.quintile as rfm_frequency,
    monetary_quintiles.quintile as rfm_monetary,
    coalesce(order_traits.order_count, 0) as order_count,
    {%- for name in order_windows %}
        coalesce(cast(order_traits.order_count_{{ name }} as bigint), 0) as order_count_{{ name }},
    {%- endfor %}
    coalesce(cast(order_traits.online_order_count as bigint), 0) as online_order_count,
    coalesce(cast(order_traits.till_order_count as bigint), 0) as till_order_count,
    coalesce(cast(order_traits.discounted_order_count as bigint), 0) as discounted_order_count,
    coalesce(cast(favourite_categories.family_unit_count as bigint), 0)
        as favourite_category_unit_count,
    coalesce(cast(favourite_categories.categorised_unit_count as bigint), 0)
        as categorised_unit_count,
    {{ days_between('order_traits.first_ordered_at', as_of()) }} as days_since_first_order,
    {{ days_between('order_traits.last_ordered_at', as_of()) }} as days_since_last_order,
    {%- for days in event_windows %}
        coalesce(cast(event_traits.event_count_last_{{ days }}_days as bigint), 0)
            as event_count_last_{{ days }}_days,
        coalesce(cast(session_traits.session_count_last_{{ days }}_days as bigint), 0)
            as session_count_last_{{ days }}_days,
    {%- endfor %}
    {%- for name in ['opened', 'clicked'] %}
        coalesce(cast(event_traits.email_{{ name }}_count_last_90_days as bigint), 0)
            as email_{{ name }}_count_last_90_days,
    {%- endfor %}
    coalesce(cast(event_traits.ticket_count as bigint), 0) as ticket_count,
    coalesce(cast(ticket_traits.open_ticket_count as bigint), 0) as open_ticket_count,
    last_responses.nps_score as last_nps_score,
    coalesce(cast(event_traits.loyalty_points_balance as bigint), 0) as loyalty_points_balance,
    cast(coalesce(order_traits.net_amount_reporting, 0) as numeric(18, 2))
        as net_amount_reporting,
    {%- for name in order_windows %}
        cast(coalesce(order_traits.net_amount_reporting_{{ name }}, 0) as numeric(18, 2))
            as net_amount_reporting_{{ name }},
    {%- endfor %}
    cast(coalesce(order_traits.refunded_amount_reporting, 0) as numeric(18, 2))
        as refunded_amount_reporting,
    {{ numeric_of_double(
        safe_divide('order_traits.net_amount_reporting', 'order_traits.order_count'), 2
    ) | indent(4) }} as average_order_amount_reporting,
    order_traits.first_ordered_at,
    order_traits.last_ordered_at,
    event_traits.last_web_visit_at,
    last_responses.responded_at as last_nps_responded_at,
    ticket_traits.last_satisfaction_at,
    event_traits.last_leaving_intent_at
from customers
left join order_traits on customers.customer_id = order_traits.customer_id
left join recency_quintiles on order_traits.last_ordered_at = recency_quintiles.last_ordered_at
left join frequency_quintiles on order_traits.order_count = frequency_quintiles.order_count
left join monetary_quintiles
    on order_traits.net_amount_reporting = monetary_quintiles.net_amount_reporting
left join favourite_categories on customers.customer_id = favourite_categories.customer_id
left join event_traits on customers.customer_id = event_traits.customer_id
left join session_traits on customers.customer_id = session_traits.customer_id
left join ticket_traits on customers.customer_id = ticket_traits.customer_id
left join last_responses on customers.customer_id = last_responses.customer_id
