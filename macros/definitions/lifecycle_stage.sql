{#
    prospect  never bought
    new       first order at most lifecycle_new_days ago
    active    last order at most lifecycle_active_days ago
    lapsed    last order at most lifecycle_lapsed_days ago
    dormant   longer than that
#}
{% macro lifecycle_stage(first_ordered_at, last_ordered_at) -%}
    case
        when {{ last_ordered_at }} is null then 'prospect'
        when {{ first_ordered_at }} >= {{ days_ago(var('lifecycle_new_days')) }} then 'new'
        when {{ last_ordered_at }} >= {{ days_ago(var('lifecycle_active_days')) }} then 'active'
        when {{ last_ordered_at }} >= {{ days_ago(var('lifecycle_lapsed_days')) }} then 'lapsed'
        else 'dormant'
    end
{%- endmacro %}


{# A moment this many days before the clock. #}
{% macro days_ago(days) -%}
    {{ add_days(as_of(), -1 * days) }}
{%- endmacro %}
