{#
    union_input for entities about a contact point (consents, privacy requests): an e-mail comes
    standardised from staging, a phone becomes E.164 here, by the seed that staging may not join,
    and only then can the erasure gate recognise it.

    A phone without a country is not read as if from home. It is read under the rules of every
    country whose numbers we know, and a reading counts if it is a number that we know. What closes
    (a denial, an unreadable answer, an objection, an erasure) closes every such reading, one row
    each: the first under the row's own key, others under `<key>#<n>`. What opens counts only if
    there is exactly one. The rest has no contact point and is counted as invalid_phone.
#}
{% macro union_contact_points(entity) -%}
    {%- set columns = contract_columns(entity) -%}
    {%- set key = columns[0][0] -%}
    {%- set opens = {
        'consents': "coalesce(received.status, '') = 'granted'",
        'privacy_requests': "coalesce(received.request_type, '') = 'access'",
    }[entity] -%}
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

    known_phones as (
        select identifier_value as phone
        from {{ ref('int_identifiers_unioned') }}
        where identifier_type = 'phone'
        union
        select phone
        from phones
        where phone is not null
    ),

    known_homes as (
        select distinct calling_codes.country_code
        from known_phones
        inner join {{ ref('calling_codes') }} as calling_codes
            on
                calling_codes.is_main_country
                and known_phones.phone like '+' || calling_codes.calling_code || '%'
    ),

    numbers_at_every_home as (
        select distinct
            phones.contact_point_raw,
            known_homes.country_code
        from phones
        cross join known_homes
        where phones.phone is null and phones.contact_point_raw is not null
    ),

    readings as (
        {{ phone_numbers_e164(
            'numbers_at_every_home', ['contact_point_raw', 'country_code'],
            'contact_point_raw', 'country_code',
        ) | indent(8) }}
    ),

    distinct_readings as (
        select distinct
            readings.contact_point_raw,
            readings.phone
        from readings
        inner join known_phones on readings.phone = known_phones.phone
    ),

    known_readings as (
        select
            contact_point_raw,
            phone,
            row_number() over (
                partition by contact_point_raw order by phone asc nulls last
            ) as reading_number,
            count(*) over (partition by contact_point_raw) as reading_count
        from distinct_readings
    ),

    standardised as (
        select
            {%- for column, _ in columns %}
            {% if column == 'contact_point' -%}
            case
                when received.contact_point_type = 'phone'
                    then coalesce(phones.phone, known_readings.phone)
                else received.contact_point
            end as contact_point
            {%- elif column == key -%}
            case
                when known_readings.reading_number > 1
                    then received.{{ key }} || '#' || cast(known_readings.reading_number as text)
                else received.{{ key }}
            end as {{ key }}
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
        left join known_readings
            on
                received.contact_point_type = 'phone'
                and phones.phone is null
                and received.contact_point_raw = known_readings.contact_point_raw
                and (known_readings.reading_count = 1 or not ({{ opens }}))
    )

    select
        {%- for column, _ in columns %}
        standardised.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from standardised
    {{ erasure_gate('standardised', columns, entity) }}
{%- endmacro %}
