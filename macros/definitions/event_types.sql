{#
    Event types that something other than the customer brought about: being sent an e-mail is no
    sign of life. Everything else the customer did.
#}
{% macro is_by_customer(event_type) -%}
    {{ event_type }} not in (
        'email_sent', 'email_bounced', 'call_made', 'device_reported', 'points_adjusted',
        'order_refunded'
    )
{%- endmacro %}


{# Event types of somebody who has filled a basket and not paid yet. #}
{% macro is_basket_event(event_type) -%}
    {{ event_type }} in ('cart_added', 'checkout_started', 'checkout_abandoned')
{%- endmacro %}
