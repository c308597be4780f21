{#
    Identifiers of all person records: one select per staging column that is tagged
    `meta: {identifier: <type>, label: <label>, verified: <boolean column>}`, and the staging
    models at record x value.

    A value counts if the version of the record that counts carries it; it was first and last
    seen over all versions. Nearly every record has one version, so past ones are gathered by
    themselves. Phones become E.164 here by the country of the record.

    A record is suppressed if it, or any value of it, has a tombstone; its values are not kept.
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
    {{ name }}__{{ column }}__past as (
        select
            record_id,
            {{ column }} as identifier_value,
            min({{ seen_at(provided) }}) as first_seen_at,
            max({{ seen_at(provided) }}) as last_seen_at,
            max({{ loaded_at_of(provided) }}) as loaded_at
        from {{ name }}_versions
        where {{ column }} is not null and version_rank > 1
        group by record_id, {{ column }}
    ),

    {{ name }}__{{ column }} as (
        select
            versions.record_id,
            versions.source,
            '{{ meta.identifier }}' as identifier_type,
            cast(versions.{{ column }} as text) as identifier_value,
            '{{ label }}' as identifier_label,
            {{ 'true' if label == 'primary' else 'false' }} as is_primary,
            {% if meta.get('verified') -%}
                coalesce(versions.{{ meta.verified }}, false)
            {%- else -%}
                false
            {%- endif %} as is_verified,
            {%- for detail in ['country_raw', 'default_country_code'] %}
            {{ 'versions.' ~ detail if detail in provided else 'cast(null as text)' }}
                as {{ detail }},
            {%- endfor %}
            least({{ seen_at(provided, 'versions') }}, past.first_seen_at) as first_seen_at,
            greatest({{ seen_at(provided, 'versions') }}, past.last_seen_at) as last_seen_at,
            greatest({{ loaded_at_of(provided, 'versions') }}, past.loaded_at) as loaded_at
        from {{ name }}_versions as versions
        left join {{ name }}__{{ column }}__past as past
            on
                versions.record_id = past.record_id
                and versions.{{ column }} = past.identifier_value
        where
            versions.{{ column }} is not null
            and versions.version_rank = 1
            and not versions.is_deleted_version
    ),

    {% endfor -%}
    {%- endif -%}
    {%- endfor -%}
    {%- for name in value_models %}
    {%- do values.append(name ~ '__values') %}
    {%- set provided = staging_columns(name) %}
    {{ latest_versions(name, version_key('identifiers', provided), 'identifiers') }}

    {%- set first_seen_at = 'first_seen_at' if 'first_seen_at' in provided else none %}
    {%- set last_seen_at = 'last_seen_at' if 'last_seen_at' in provided else none %}
    {{ name }}__values__past as (
        select
            record_id,
            identifier_type,
            identifier_value,
            min({{ first_seen_at or seen_at(provided) }}) as first_seen_at,
            max({{ last_seen_at or seen_at(provided) }}) as last_seen_at,
            max({{ loaded_at_of(provided) }}) as loaded_at
        from {{ name }}_versions
        where version_rank > 1
        group by record_id, identifier_type, identifier_value
    ),

    {{ name }}__values as (
        select
            versions.record_id,
            {%- for column in [
                'source', 'identifier_label', 'country_raw', 'default_country_code',
            ] %}
            cast({{ 'versions.' ~ column if column in provided else 'null' }} as text)
                as {{ column }},
            {%- endfor %}
            versions.identifier_type,
            versions.identifier_value,
            {%- for column in ['is_primary', 'is_verified'] %}
            {{ 'coalesce(versions.' ~ column ~ ', false)' if column in provided else 'false' }}
                as {{ column }},
            {%- endfor %}
            least(
                {{
                    'versions.' ~ first_seen_at if first_seen_at else seen_at(provided, 'versions')
                }},
                past.first_seen_at
            ) as first_seen_at,
            greatest(
                {{ 'versions.' ~ last_seen_at if last_seen_at else seen_at(provided, 'versions') }},
                past.last_seen_at
            ) as last_seen_at,
            greatest({{ loaded_at_of(provided, 'versions') }}, past.loaded_at) as loaded_at
        from {{ name }}_versions as versions
        left join {{ name }}__values__past as past
            on
                versions.record_id = past.record_id
                and versions.identifier_type = past.identifier_type
                and versions.identifier_value = past.identifier_value
        where versions.version_rank = 1 and not versions.is_deleted_version
    ),

    {% endfor %}
    {#- Read twice, for phones and for the rest, of which most selects are only one. -#}
    gathered as not materialized (
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

    numbers as (
        select
            gathered.*,
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
        from numbers
    ),

    phones as (
        {{ phone_numbers_e164(
            'distinct_numbers', ['identifier_value', 'record_country_code'],
            'identifier_value', 'record_country_code',
        ) | indent(8) }}
    ),

    standardised as (
        select
            record_id,
            source,
            identifier_type,
            identifier_value,
            identifier_label,
            is_primary,
            is_verified,
            first_seen_at,
            last_seen_at,
            loaded_at
        from gathered
        where identifier_type <> 'phone' and identifier_value is not null
        union all
        select
            numbers.record_id,
            numbers.source,
            numbers.identifier_type,
            phones.phone as identifier_value,
            numbers.identifier_label,
            numbers.is_primary,
            numbers.is_verified,
            numbers.first_seen_at,
            numbers.last_seen_at,
            numbers.loaded_at
        from numbers
        inner join phones
            on
                numbers.identifier_value = phones.identifier_value
                and numbers.record_country_code is not distinct from phones.record_country_code
        where phones.phone is not null
    ),

    {#- Hardly anybody is erased: to look for their records costs less than to judge every one. -#}
    suppressed as (
        select distinct record_id
        from standardised
        where
            {{ is_suppressed_value('identifier_type', 'identifier_value') }}
            or {{ is_suppressed_value("'record'", 'record_id') }}
    ),

    {#- One number in two columns, or in two spellings, is one identifier: the primary one. Few are
        so: to find them costs less than to rank all, and to find first who has several values of a
        type costs less than to compare all values. -#}
    several as (
        select
            record_id,
            identifier_type
        from standardised
        group by record_id, identifier_type
        having count(*) > 1
    ),

    repeated as (
        select
            standardised.record_id,
            standardised.identifier_type,
            standardised.identifier_value
        from standardised
        inner join several
            on
                standardised.record_id = several.record_id
                and standardised.identifier_type = several.identifier_type
        group by
            standardised.record_id, standardised.identifier_type, standardised.identifier_value
        having count(*) > 1
    ),

    repeats_ranked as (
        select
            standardised.record_id,
            standardised.source,
            standardised.identifier_type,
            standardised.identifier_value,
            standardised.identifier_label,
            standardised.is_primary,
            max(case when standardised.is_verified then 1 else 0 end) over (
                partition by repeated.record_id, repeated.identifier_type, repeated.identifier_value
            ) = 1 as is_verified,
            min(standardised.first_seen_at) over (
                partition by repeated.record_id, repeated.identifier_type, repeated.identifier_value
            ) as first_seen_at,
            max(standardised.last_seen_at) over (
                partition by repeated.record_id, repeated.identifier_type, repeated.identifier_value
            ) as last_seen_at,
            standardised.loaded_at,
            row_number() over (
                partition by repeated.record_id, repeated.identifier_type, repeated.identifier_value
                order by
                    standardised.is_primary desc nulls last,
                    standardised.identifier_label asc nulls last
            ) as label_rank
        from standardised
        inner join repeated
            on
                standardised.record_id = repeated.record_id
                and standardised.identifier_type = repeated.identifier_type
                and standardised.identifier_value = repeated.identifier_value
    ),

    identified as (
        select
            record_id,
            source,
            identifier_type,
            identifier_value,
            identifier_label,
            is_primary,
            is_verified,
            first_seen_at,
            last_seen_at,
            loaded_at
        from repeats_ranked
        where label_rank = 1
        union all
        select
            standardised.record_id,
            standardised.source,
            standardised.identifier_type,
            standardised.identifier_value,
            standardised.identifier_label,
            standardised.is_primary,
            standardised.is_verified,
            standardised.first_seen_at,
            standardised.last_seen_at,
            standardised.loaded_at
        from standardised
        left join repeated
            on
                standardised.record_id = repeated.record_id
                and standardised.identifier_type = repeated.identifier_type
                and standardised.identifier_value = repeated.identifier_value
        where repeated.record_id is null
    )

    select
        identified.record_id,
        identified.source,
        identified.identifier_type,
        case when suppressed.record_id is null then identified.identifier_value end
            as identifier_value,
        identified.identifier_label,
        identified.is_primary,
        identified.is_verified,
        suppressed.record_id is not null as is_suppressed,
        identified.first_seen_at,
        identified.last_seen_at,
        identified.loaded_at
    from identified
    left join suppressed on identified.record_id = suppressed.record_id
{%- endmacro %}


{#
    When a version of a record was true: by its own clock if it has one, else by the connector's.
    `relation` is the alias to read the columns from, if one is needed.
#}
{% macro seen_at(provided, relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    coalesce(
        {%- for column in ['updated_at', 'created_at', 'loaded_at'] if column in provided -%}
            {{ prefix ~ column }},
        {%- endfor -%}
        cast(null as timestamp)
    )
{%- endmacro %}


{# When a version of a record reached us, null where its source does not say. #}
{% macro loaded_at_of(provided, relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {{ prefix ~ 'loaded_at' if 'loaded_at' in provided else 'cast(null as timestamp)' }}
{%- endmacro %}
