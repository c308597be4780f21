{#
    What golden e-mail and golden address are weighed by (docs/guides/golden-fields.md). Each time
    a value was given, confirmed or used is a piece of evidence; it counts by who said it and
    halves with every golden_half_life_days of age. What came before one of the customer's own
    records replaced the value by another one counts only a tenth.
#}

{#- The mailbox that an address delivers to: no +tag, and no dots where the provider ignores
    them. For comparing only: what is sent to is what the person wrote. -#}
{% macro mailbox_of(email) -%}
case
    when split_part({{ email }}, '@', 2) in ('gmail.com', 'googlemail.com')
        then
            replace({{ regexp_replace_all("split_part(" ~ email ~ ", '@', 1)", '[+].*$', '') }}, '.', '')
            || '@gmail.com'
    else {{ regexp_replace_all(email, '[+][^@]*@', '@') }}
end
{%- endmacro %}


{#- The place that an address means, whatever the spelling of its street: postal code and house
    number, or the whole line where it has no number. For comparing only. -#}
{% macro place_of(address_line_1, postal_code) -%}
{{ upper_code("replace(" ~ postal_code ~ ", ' ', '')") }} || ':' || coalesce(
    {{ regexp_extract_first(address_line_1, '[0-9]+') }},
    {{ lower_text(address_line_1) }}
)
{%- endmacro %}


{% macro golden_evidence_weight(weight, evidence_at, replaced_at) -%}
{%- set evidence_weight -%}
    {{ weight }}
    * case when {{ evidence_at }} > {{ replaced_at }} or {{ replaced_at }} is null then 1 else 0.1 end
    * power(
        0.5,
        greatest({{ days_between(evidence_at, as_of()) }}, 0)
        / cast({{ var('golden_half_life_days') }} as double precision)
    )
{%- endset -%}
{{ numeric_of_double(evidence_weight, 6) }}
{%- endmacro %}
