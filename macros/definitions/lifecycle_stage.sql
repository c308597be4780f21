{#
    prospect  no counted order
    new       first order at most lifecycle_new_days ago
    active    last order at most lifecycle_active_days ago
    lapsed    last order at most lifecycle_lapsed_days ago
    dormant   longer than that, or no order has any time

    An order's time is order_moment() below, so that a buyer is never taken for a prospect.
#}
{% macro lifecycle_stage(order_count, first_ordered_at, last_ordered_at) -%}
    case
        when coalesce({{ order_count }}, 0) = 0 then 'prospect'
        when {{ first_ordered_at }} >= {{ days_ago(var('lifecycle_new_days')) }} then 'new'
        when {{ last_ordered_at }} >= {{ days_ago(var('lifecycle_active_days')) }} then 'active'
        when {{ last_ordered_at }} >= {{ days_ago(var('lifecycle_lapsed_days')) }} then 'lapsed'
        else 'dormant'
    end
{%- endmacro %}


{#
    When an order was placed, for stages and windows: where its source gives no plausible time,
    when the row last changed there, else when it was loaded. `orders` is the alias of a relation
    with the three columns.
#}
{% macro order_moment(orders) -%}
    coalesce({{ orders }}.ordered_at, {{ orders }}.updated_at, {{ orders }}.loaded_at)
{%- endmacro %}


{# A moment this many days before the clock. #}
{% macro days_ago(days) -%}
    {{ add_days(as_of(), -1 * days) }}
{%- endmacro %}
