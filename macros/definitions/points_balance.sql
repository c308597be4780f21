{#
    Loyalty points that are left: what was earned or adjusted less what was redeemed. Redemptions
    count as a deduction whichever sign the source gives them; adjustments keep their sign.
#}
{% macro points_balance(event_type, points) -%}
    sum(
        case {{ event_type }}
            when 'points_earned' then {{ points }}
            when 'points_adjusted' then {{ points }}
            when 'points_redeemed' then -1 * abs({{ points }})
            else 0
        end
    )
{%- endmacro %}
