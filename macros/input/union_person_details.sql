{#
    What each version of each person record says of the details that change in a life: the e-mail
    and the address. One row per record, detail and value, current and past.

    `given_at` is when the record first said it, which a later touch of the record does not move;
    `replaced_at` when a later version said something else instead, null for what is current. A
    version that says nothing replaces nothing.
#}
{% macro union_person_details() -%}
    {%- set models = input_models('persons') -%}
    with

    {% for name in models %}
    {{ latest_versions(name, 'record_id') }}

    {% endfor %}
    versions as (
        {%- for name in models %}
        {%- set provided = staging_columns(name) %}
        select
            record_id,
            version_rank,
            {{ seen_at(provided) }} as seen_at,
            {%- for column in ['email', 'address_line_1', 'postal_code'] %}
            cast({{ column if column in provided else 'null' }} as text) as {{ column }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ name }}_versions
        where version_rank is not null and not is_deleted_version
        {{ 'union all' if not loop.last }}
        {%- else %}
        select
            cast(null as text) as record_id,
            cast(null as bigint) as version_rank,
            cast(null as timestamp) as seen_at,
            cast(null as text) as email,
            cast(null as text) as address_line_1,
            cast(null as text) as postal_code
        where 1 = 0
        {%- endfor %}
    ),

    details as (
        select
            record_id,
            'email' as detail_type,
            {{ mailbox_of('email') }} as detail_value,
            version_rank,
            seen_at
        from versions
        where email is not null
        union all
        select
            record_id,
            'address' as detail_type,
            {{ place_of('address_line_1', 'postal_code') }} as detail_value,
            version_rank,
            seen_at
        from versions
        where address_line_1 is not null and postal_code is not null
    ),

    {#- Nearly every record has one version, which replaced nothing: only the others are judged. -#}
    rewritten as (
        select distinct record_id
        from versions
        where version_rank > 1
    ),

    rewritten_details as (
        select
            details.*,
            lag(details.seen_at) over (
                partition by details.record_id, details.detail_type order by details.version_rank
            ) as next_seen_at,
            row_number() over (
                partition by details.record_id, details.detail_type, details.detail_value
                order by details.version_rank
            ) as latest_first,
            min(details.seen_at) over (
                partition by details.record_id, details.detail_type, details.detail_value
            ) as given_at,
            min(details.version_rank) over (
                partition by details.record_id, details.detail_type
            ) as current_rank
        from details
        inner join rewritten on details.record_id = rewritten.record_id
    )

    select
        record_id,
        detail_type,
        detail_value,
        version_rank = current_rank as is_current,
        given_at,
        case when version_rank <> current_rank then next_seen_at end as replaced_at
    from rewritten_details
    where latest_first = 1
    union all
    select
        details.record_id,
        details.detail_type,
        details.detail_value,
        true as is_current,
        details.seen_at as given_at,
        cast(null as timestamp) as replaced_at
    from details
    left join rewritten on details.record_id = rewritten.record_id
    where rewritten.record_id is null
{%- endmacro %}
