{#
    Every amount of an order, defined once. Override one of them in your own project to define it
    otherwise; all marts follow. All include tax, since shop and till prices do.

        gross     goods before discounts
        discount  given on goods, a positive number
        tax       contained in the others, never added
        shipping  charged for delivery
        total     what the customer was asked to pay: gross - discount + shipping
        refunded  what went back to the customer, for a collected order at the till as well
        net       what was paid and kept: total - refunded

    Each takes the alias of a relation with the columns of int_orders_unioned.
#}
{% macro order_gross_amount(orders) -%}
    cast(coalesce({{ orders }}.gross_amount, 0) as numeric(18, 2))
{%- endmacro %}


{% macro order_discount_amount(orders) -%}
    cast(coalesce({{ orders }}.discount_amount, 0) as numeric(18, 2))
{%- endmacro %}


{% macro order_tax_amount(orders) -%}
    cast(coalesce({{ orders }}.tax_amount, 0) as numeric(18, 2))
{%- endmacro %}


{% macro order_shipping_amount(orders) -%}
    cast(coalesce({{ orders }}.shipping_amount, 0) as numeric(18, 2))
{%- endmacro %}


{% macro order_total_amount(orders) -%}
    cast(
        {{ order_gross_amount(orders) }}
        - {{ order_discount_amount(orders) }}
        + {{ order_shipping_amount(orders) }} as numeric(18, 2)
    )
{%- endmacro %}


{# `refunds` is the alias of a relation with refunded_amount per order. #}
{% macro order_refunded_amount(refunds) -%}
    cast(coalesce({{ refunds }}.refunded_amount, 0) as numeric(18, 2))
{%- endmacro %}


{% macro order_net_amount(orders, refunds) -%}
    cast(
        {{ order_total_amount(orders) }}
        - {{ order_refunded_amount(refunds) }} as numeric(18, 2)
    )
{%- endmacro %}


{# The same for a line: goods only, since shipping belongs to the order. #}
{% macro order_item_net_amount(items, refunds) -%}
    cast(
        {{ order_gross_amount(items) }}
        - {{ order_discount_amount(items) }}
        - {{ order_refunded_amount(refunds) }} as numeric(18, 2)
    )
{%- endmacro %}
