{#
    The body of a CTE with one row per distinct value of `measure` and its quintile, 1 (lowest) to
    5 (highest), over the customers in `relation`. Equal values get equal quintiles, which ntile()
    does not promise: it would call one of two customers with one order each better than the
    other. The quintile is where the share of customers below the value falls.
#}
{% macro quintiles_by_value(relation, measure) -%}
    select
        {{ measure }},
        cast(
            least(5, 1 + floor(5.0 * (
                sum(customer_count) over (order by {{ measure }} asc nulls last)
                - customer_count
            ) / sum(customer_count) over ())) as bigint
        ) as quintile
    from {{ relation }}
{%- endmacro %}
