-- grain: one row per customer
{{ config(materialized='view') }}
{%- set golden = [
    'display_name', 'name_prefix', 'given_name', 'middle_name', 'family_name', 'name_suffix',
    'gender', 'email', 'phone', 'address_line_1', 'address_line_2', 'city', 'region',
    'postal_code', 'country_code', 'language', 'lifecycle_stage',
] %}
{%- set traits = [
    'reporting_currency_code', 'favourite_category', 'favourite_category_family',
    'preferred_order_channel',
    'last_satisfaction', 'rfm_cell', 'rfm_recency', 'rfm_frequency', 'rfm_monetary',
    'order_count', 'order_count_last_365_days', 'order_count_last_90_days',
    'order_count_last_30_days', 'online_order_count', 'till_order_count',
    'discounted_order_count', 'favourite_category_unit_count', 'categorised_unit_count',
    'days_since_first_order', 'days_since_last_order', 'event_count_last_30_days',
    'session_count_last_30_days', 'event_count_last_90_days', 'session_count_last_90_days',
    'email_opened_count_last_90_days', 'email_clicked_count_last_90_days', 'ticket_count',
    'open_ticket_count', 'last_nps_score', 'loyalty_points_balance', 'net_amount_reporting',
    'net_amount_reporting_last_365_days', 'net_amount_reporting_last_90_days',
    'net_amount_reporting_last_30_days', 'refunded_amount_reporting',
    'average_order_amount_reporting', 'first_ordered_at', 'last_ordered_at',
    'last_web_visit_at', 'last_nps_responded_at', 'last_satisfaction_at',
    'last_leaving_intent_at',
] %}
with

customers as (
    select * from {{ ref('customers') }}
),

customer_traits as (
    select * from {{ ref('customer_traits') }}
)

select
    customers.customer_id,
    {%- for column in golden %}
        customers.{{ column }},
    {%- endfor %}
    {%- for column in traits %}
        customer_traits.{{ column }},
    {%- endfor %}
    customers.record_count,
    customers.source_count,
    customers.is_test_account,
    customers.birth_date,
    customers.first_seen_at,
    customers.last_seen_at
from customers
inner join customer_traits on customers.customer_id = customer_traits.customer_id
