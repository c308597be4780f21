{# A ticket that somebody still has to answer. A status that cannot be read is not counted as one. #}
{% macro is_open_ticket(status) -%}
    coalesce({{ status }} in ('new', 'open', 'pending'), false)
{%- endmacro %}


{#
    The groups of the net promoter score: 9 and 10 promote, 7 and 8 are passive, below detract. The
    score itself is the share of promoters less the share of detractors.
#}
{% macro nps_group(score) -%}
    case
        when {{ score }} >= 9 then 'promoter'
        when {{ score }} >= 7 then 'passive'
        when {{ score }} >= 0 then 'detractor'
    end
{%- endmacro %}
