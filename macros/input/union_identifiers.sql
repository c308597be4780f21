{#
    Identifiers of all person records: one select per staging column that is tagged
    `meta: {identifier: <type>, label: <label>, verified: <boolean column>}`, and the staging
    models at record x value.

    A value counts if the version of the record that counts carries it; it was first and last
    seen over all versions. Phones become E.164 here by the country of the record.
#}
{% macro union_identifiers() -%}
    {%- set person_models = input_models('persons') -%}
    {%- set value_models = input_models('identifiers') -%}
    {%- set values = [] -%}
    with

    {% for name in person_models %}
    {%- set provided = staging_columns(name) -%}
    {%- set tagged = [] -%}
    {%- for column in provided.values()
        if column.config.get('meta', {}).get('identifier') -%}
        {%- do tagged.append((column.name, column.config.meta)) -%}
    {%- endfor -%}
    {%- if tagged %}
    {{ latest_versions(name, 'record_id') }}

    {% for column, meta in tagged -%}
    {%- set label = meta.get('label', 'primary') -%}
    {%- do values.append(name ~ '__' ~ column) %}
    {{ name }}__{{ column }} as (
        select
            record_id,
            max(case when version_rank = 1 then source end) as source,
            '{{ meta.identifier }}' as identifier_type,
            cast({{ column }} as text) as identifier_value,
            '{{ label }}' as identifier_label,
            {{ 'true' if label == 'primary' else 'false' }} as is_primary,
            {% if meta.get('verified') -%}
                coalesce(max(
                    case when version_rank = 1 and {{ meta.verified }} then 1 else 0 end
                ), 0) = 1
            {%- else -%}
                false
            {%- endif %} as is_verified,
            max(case when version_rank = 1 then {{
                'country_raw' if 'country_raw' in provided else 'cast(null as text)'
            }} end) as country_raw,
            max(case when version_rank = 1 then {{
                'default_country_code' if 'default_country_code' in provided
                else 'cast(null as text)'
            }} end) as default_country_code,
            min({{ seen_at(provided) }}) as first_seen_at,
            max({{ seen_at(provided) }}) as last_seen_at,
            max({{ 'loaded_at' if 'loaded_at' in provided else 'cast(null as timestamp)' }}) as loaded_at
        from {{ name }}_versions
        where {{ column }} is not null and version_rank is not null
        group by record_id, {{ column }}
        having max(case when version_rank = 1 and not is_deleted_version then 1 else 0 end) = 1
    ),

    {% endfor -%}
    {%- endif -%}
    {%- endfor -%}
    {%- for name in value_models %}
    {%- do values.append(name ~ '__values') %}
    {%- set provided = staging_columns(name) %}
    {{ latest_versions(name, version_key('identifiers', provided), 'identifiers') }}

    {{ name }}__values as (
        select
            record_id,
            {%- for column, data_type in [
                ('source', 'text'), ('identifier_label', 'text'), ('country_raw', 'text'),
                ('default_country_code', 'text'),
            ] %}
            max(case when version_rank = 1 then cast({{
                column if column in provided else 'null'
            }} as {{ data_type }}) end) as {{ column }},
            {%- endfor %}
            identifier_type,
            identifier_value,
            {%- for column in ['is_primary', 'is_verified'] %}
            {% if column in provided -%}
                max(case when version_rank = 1 and {{ column }} then 1 else 0 end) = 1
            {%- else -%}
                false
            {%- endif %} as {{ column }},
            {%- endfor %}
            min({{ 'first_seen_at' if 'first_seen_at' in provided else seen_at(provided) }})
                as first_seen_at,
            max({{ 'last_seen_at' if 'last_seen_at' in provided else seen_at(provided) }})
                as last_seen_at,
            max({{ 'loaded_at' if 'loaded_at' in provided else 'cast(null as timestamp)' }})
                as loaded_at
        from {{ name }}_versions
        where version_rank is not null
        group by record_id, identifier_type, identifier_value
        having max(case when version_rank = 1 and not is_deleted_version then 1 else 0 end) = 1
    ),

    {% endfor %}
    gathered as (
        {%- for value in values %}
        select
            record_id,
            source,
            identifier_type,
            identifier_value,
            identifier_label,
            is_primary,
            is_verified,
            country_raw,
            default_country_code,
            first_seen_at,
            last_seen_at,
            loaded_at
        from {{ value }}
        {{ 'union all' if not loop.last }}
        {%- else %}
        select
            cast(null as text) as record_id,
            cast(null as text) as source,
            cast(null as text) as identifier_type,
            cast(null as text) as identifier_value,
            cast(null as text) as identifier_label,
            cast(null as boolean) as is_primary,
            cast(null as boolean) as is_verified,
            cast(null as text) as country_raw,
            cast(null as text) as default_country_code,
            cast(null as timestamp) as first_seen_at,
            cast(null as timestamp) as last_seen_at,
            cast(null as timestamp) as loaded_at
        where 1 = 0
        {%- endfor %}
    ),

    numbers_with_home as (
        select
            gathered.record_id,
            gathered.identifier_value,
            coalesce(country_names.country_code, gathered.default_country_code)
                as record_country_code
        from gathered
        {{ join_country_names('gathered.country_raw') }}
        where gathered.identifier_type = 'phone'
    ),

    distinct_numbers as (
        select distinct
            identifier_value,
            record_country_code
        from numbers_with_home
    ),

    phones as (
        {{ phone_numbers_e164(
            'distinct_numbers', ['identifier_value', 'record_country_code'],
            'identifier_value', 'record_country_code',
        ) | indent(8) }}
    ),

    phones_by_record as (
        select distinct
            numbers_with_home.record_id,
            numbers_with_home.identifier_value,
            phones.phone
        from numbers_with_home
        inner join phones
            on
                numbers_with_home.identifier_value = phones.identifier_value
                and numbers_with_home.record_country_code
                is not distinct from phones.record_country_code
    ),

    standardised as (
        select
            gathered.record_id,
            gathered.source,
            gathered.identifier_type,
            case
                when gathered.identifier_type = 'phone' then phones_by_record.phone
                else gathered.identifier_value
            end as identifier_value,
            gathered.identifier_label,
            gathered.is_primary,
            gathered.is_verified,
            gathered.first_seen_at,
            gathered.last_seen_at,
            gathered.loaded_at
        from gathered
        left join phones_by_record
            on
                gathered.identifier_type = 'phone'
                and gathered.record_id = phones_by_record.record_id
                and gathered.identifier_value = phones_by_record.identifier_value
    ),

    {# One number in two columns, or in two spellings, is one identifier: the primary one. #}
    ranked as (
        select
            *,
            row_number() over (
                partition by record_id, identifier_type, identifier_value
                order by is_primary desc nulls last, identifier_label asc nulls last
            ) as label_rank,
            max(case when is_verified then 1 else 0 end) over (
                partition by record_id, identifier_type, identifier_value
            ) as verified_rank,
            min(first_seen_at) over (
                partition by record_id, identifier_type, identifier_value
            ) as value_first_seen_at,
            max(last_seen_at) over (
                partition by record_id, identifier_type, identifier_value
            ) as value_last_seen_at
        from standardised
        where identifier_value is not null
    )

    select
        record_id,
        source,
        identifier_type,
        identifier_value,
        identifier_label,
        is_primary,
        verified_rank = 1 as is_verified,
        value_first_seen_at as first_seen_at,
        value_last_seen_at as last_seen_at,
        loaded_at
    from ranked
    where label_rank = 1
{%- endmacro %}


{# When a version of a record was true: by its own clock if it has one, else by the connector's. #}
{% macro seen_at(provided) -%}
    coalesce(
        {%- for column in ['updated_at', 'created_at', 'loaded_at'] if column in provided -%}
            {{ column }},
        {%- endfor -%}
        cast(null as timestamp)
    )
{%- endmacro %}
