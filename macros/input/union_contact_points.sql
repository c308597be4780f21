{#
    union_input for entities about a contact point (consents, privacy requests): an e-mail comes
    standardised from staging, a phone becomes E.164 here, by the seed that staging may not join,
    and only then can the erasure gate recognise it.
#}
{% macro union_contact_points(entity) -%}
    {%- set columns = contract_columns(entity) -%}
    with

    received as (
        {{ union_input(
            entity,
            extra=[('contact_point_raw', 'text'), ('default_country_code', 'text')],
            gated=false,
        ) | indent(8) }}
    ),

    distinct_numbers as (
        select distinct
            contact_point_raw,
            default_country_code
        from received
        where contact_point_type = 'phone'
    ),

    phones as (
        {{ phone_numbers_e164(
            'distinct_numbers', ['contact_point_raw', 'default_country_code'],
            'contact_point_raw', 'default_country_code',
        ) | indent(8) }}
    ),

    standardised as (
        select
            {%- for column, _ in columns %}
            {% if column == 'contact_point' -%}
            case
                when received.contact_point_type = 'phone' then phones.phone
                else received.contact_point
            end as contact_point
            {%- else -%}
            received.{{ column }}
            {%- endif -%}
            {{ ',' if not loop.last }}
            {%- endfor %}
        from received
        left join phones
            on
                received.contact_point_type = 'phone'
                and received.contact_point_raw = phones.contact_point_raw
                and received.default_country_code
                is not distinct from phones.default_country_code
    )

    select
        {%- for column, _ in columns %}
        standardised.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from standardised
    {{ erasure_gate('standardised', columns) }}
{%- endmacro %}
