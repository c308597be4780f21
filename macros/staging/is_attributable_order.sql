{#- True when a guest's order names a person by anything: such an order is a person record too.
    Used by the guests model and by the orders that point to it, so that both agree. -#}
{% macro is_attributable_order() -%}
    not {{ has_value('customer_id') }}
    and (
        {{ has_value('email') }}
        or {{ has_value('phone') }}
        or {{ has_value('shipping_name') }}
        or {{ has_value('shipping_address1') }}
    )
{%- endmacro %}
