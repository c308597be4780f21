{#
    Net Promoter Score, as its authors group the answers to "how likely would you recommend us":
    promoter (9, 10), passive (7, 8), detractor (0 to 6); null without a score. The score itself is
    the share of promoters less the share of detractors.
#}
{% macro nps_group(nps_score) -%}
    case
        when {{ nps_score }} >= 9 then 'promoter'
        when {{ nps_score }} >= 7 then 'passive'
        when {{ nps_score }} >= 0 then 'detractor'
    end
{%- endmacro %}
