{#
    What the input layer found wrong or left out, by staging model: the values that could not be
    read (staging says which, never the value) and the rows that do not count, by reason. With
    these counts the rows of a raw table tie to the rows of its entity.

    issue of a left-out row: missing_key, conflicting_version (contradicts another version of the
    same moment), superseded_version, deleted_in_source, suppressed_by_erasure.
#}
{% macro input_issues() -%}
    {%- set parts = [] -%}
    with

    {% for entity in canonical_entities() -%}
    {%- for name in input_models(entity) -%}
    {%- set provided = staging_columns(name) -%}
    {%- set key = version_key(entity, provided) -%}
    {%- set key_column = 'identifier_value' if entity == 'identifiers' else key -%}
    {%- set columns = [] -%}
    {%- for column in provided -%}{%- do columns.append((column, '')) -%}{%- endfor -%}
    {%- set suppressed = suppression_conditions('versions', columns, entity) -%}
    {%- do parts.append(name ~ '_left_out') -%}
    {{ latest_versions(name, key, entity) }}

{#- One pass over the versions yields both kinds of count. #}
    {{ name }}_counts as materialized (
        select
            source,
            {{ 'quality_issues' if 'quality_issues' in provided else 'cast(null as text)' }}
                as quality_issues,
            case
                when {{ key }} is null then 'missing_key'
                when is_conflict then 'conflicting_version'
                when version_rank > 1 then 'superseded_version'
                when is_deleted_version then 'deleted_in_source'
                {%- if suppressed %}
                when {{ suppressed | join(' or ') }} then 'suppressed_by_erasure'
                {%- endif %}
            end as left_out_because,
            count(*) as row_count
        from {{ name }}_versions as versions
        group by 1, 2, 3
    ),

    {{ name }}_left_out as (
        select
            source,
            '{{ name }}' as model_name,
            '{{ key_column }}' as column_name,
            left_out_because as issue,
            cast(sum(row_count) as bigint) as row_count
        from {{ name }}_counts
        where left_out_because is not null
        group by 1, 2, 3, 4
    ),

    {% if 'quality_issues' in provided -%}
    {%- do parts.append(name ~ '_unread') -%}
    {{ name }}_flags as (
        {{ unnest_delimited(name ~ '_counts', ['source', 'row_count'], 'quality_issues')
            | indent(8) }}
    ),

    {{ name }}_unread as (
        select
            source,
            '{{ name }}' as model_name,
            split_part(item, ':', 1) as column_name,
            split_part(item, ':', 2) as issue,
            cast(sum(row_count) as bigint) as row_count
        from {{ name }}_flags
        group by 1, 2, 3, 4
    ),

    {% endif -%}
    {%- endfor -%}
    {%- endfor %}
    {#- Only here, where all numbers are known, does it show which phone nobody can read, and
        whose phone is an erased person's: what staging accepts and the union does not hold. #}
    {%- for entity in ['consents', 'privacy_requests'] %}
    {%- set unioned = 'int_' ~ entity ~ '_unioned' %}
    {%- set key = {'consents': 'consent_event_id', 'privacy_requests': 'privacy_request_id'}[entity] %}
    {%- do parts.append(unioned ~ '_unread') %}
    {%- do parts.append(unioned ~ '_suppressed') %}
    {{ unioned }}_accepted as (
        {%- for name in input_models(entity) %}
        select
            source,
            row_count
        from {{ name }}_counts
        where left_out_because is null
        {{ 'union all' if not loop.last }}
        {%- else %}
        select
            cast(null as text) as source,
            cast(null as bigint) as row_count
        where 1 = 0
        {%- endfor %}
    ),

    {{ unioned }}_accepted_by_source as (
        select
            source,
            sum(row_count) as row_count
        from {{ unioned }}_accepted
        group by source
    ),

    {{ unioned }}_arrived_by_source as (
        select
            source,
            -- one row may have arrived as several readings of its phone, `<key>#<n>`
            count(distinct split_part({{ key }}, '#', 1)) as row_count
        from {{ ref(unioned) }}
        group by source
    ),

    {{ unioned }}_suppressed as (
        select
            accepted.source,
            '{{ unioned }}' as model_name,
            'contact_point' as column_name,
            'suppressed_by_erasure' as issue,
            cast(accepted.row_count - coalesce(arrived.row_count, 0) as bigint) as row_count
        from {{ unioned }}_accepted_by_source as accepted
        left join {{ unioned }}_arrived_by_source as arrived on accepted.source = arrived.source
        where accepted.row_count > coalesce(arrived.row_count, 0)
    ),

    {{ unioned }}_unread as (
        select
            source,
            '{{ unioned }}' as model_name,
            'contact_point' as column_name,
            'invalid_phone' as issue,
            cast(count(*) as bigint) as row_count
        from {{ ref(unioned) }}
        where contact_point_type = 'phone' and contact_point is null
        group by 1, 2, 3, 4
    ),

    {% endfor %}
    counted as (
        {%- for part in parts %}
        select
            source,
            model_name,
            column_name,
            issue,
            row_count
        from {{ part }}
        {{ 'union all' if not loop.last }}
        {%- else %}
        select
            cast(null as text) as source,
            cast(null as text) as model_name,
            cast(null as text) as column_name,
            cast(null as text) as issue,
            cast(null as bigint) as row_count
        where 1 = 0
        {%- endfor %}
    )

    select
        source,
        model_name,
        column_name,
        issue,
        row_count
    from counted
{%- endmacro %}
