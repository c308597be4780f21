-- grain: one row per support ticket
with

tickets as (
    select * from {{ ref('int_tickets_unioned') }}
),

identity_map as (
    select
        record_id,
        customer_id,
        false as is_ambiguous
    from {{ ref('identity_map') }}
)

select
    tickets.ticket_id,
    {{ resolved_customer_id(['identity_map']) | indent(4) }} as customer_id,
    tickets.person_record_id,
    tickets.source,
    {{ identity_status(['identity_map']) | indent(4) }} as identity_status,
    tickets.channel,
    tickets.status,
    tickets.priority,
    tickets.subject,
    tickets.body,
    tickets.satisfaction,
    case
        when tickets.solved_at >= tickets.created_at
            then {{ seconds_between('tickets.created_at', 'tickets.solved_at') | indent(16) }}
    end as seconds_to_solve,
    {{ is_open_ticket('tickets.status') }} as is_open,
    tickets.created_at,
    tickets.updated_at,
    tickets.solved_at,
    tickets.loaded_at
from tickets
left join identity_map on tickets.person_record_id = identity_map.record_id
