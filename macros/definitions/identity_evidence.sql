{#
    Whose interaction is it? Evidence is asked in the order given and the first that says
    anything decides: a record the interaction names, then a loyalty card, a contact point, a
    visitor. Evidence that points at two customers says "ambiguous" and ends the search, since
    weaker evidence must not decide what stronger evidence left open.

    `evidence` lists aliases of left-joined relations with customer_id and is_ambiguous.
#}
{% macro resolved_customer_id(evidence) -%}
    case
        {%- for alias in evidence %}
        when {{ alias }}.is_ambiguous then null
        when {{ alias }}.customer_id is not null then {{ alias }}.customer_id
        {%- endfor %}
    end
{%- endmacro %}


{% macro identity_status(evidence) -%}
    case
        {%- for alias in evidence %}
        when {{ alias }}.is_ambiguous then 'ambiguous'
        when {{ alias }}.customer_id is not null then 'known'
        {%- endfor %}
        else 'anonymous'
    end
{%- endmacro %}
