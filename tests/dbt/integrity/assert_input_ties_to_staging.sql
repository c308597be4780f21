-- Every row of a staging model is either in its entity or counted among what was left out, by
-- reason: rows without a key, older and contradicting versions, rows that their source deleted, and
-- what an erasure suppresses, which is a term of its own.
with

{% for entity in canonical_entities() if entity != 'identifiers' -%}
    {%- for name in input_models(entity) %}
        {{ name }}_rows as (
            select
                '{{ entity }}' as entity,
                source,
                count(*) as row_count
            from {{ ref(name) }}
            group by source
        ),

    {% endfor -%}
{%- endfor %}
staged as (
    {%- set staging_models = [] -%}
    {%- for entity in canonical_entities() if entity != 'identifiers' -%}
        {%- do staging_models.extend(input_models(entity)) -%}
    {%- endfor -%}
    {%- for name in staging_models %}
        select
            entity,
            source,
            row_count
        from {{ name }}_rows
        {{ 'union all' if not loop.last }}
    {%- else %}
        select
            cast(null as text) as entity,
            cast(null as text) as source,
            cast(null as bigint) as row_count
        where 1 = 0
    {%- endfor %}
),

staged_by_source as (
    select
        entity,
        coalesce(source, '') as source,
        sum(row_count) as row_count
    from staged
    group by entity, coalesce(source, '')
),

entities_of_models as (
    {%- for entity in canonical_entities() if entity != 'identifiers' %}
        {%- for name in input_models(entity) + ['int_' ~ entity ~ '_unioned'] %}
            select
                '{{ name }}' as model_name,
                '{{ entity }}' as entity
            union all
        {%- endfor %}
    {%- endfor %}
    select
        cast(null as text) as model_name,
        cast(null as text) as entity
    where 1 = 0
),

left_out_by_source as (
    select
        entities_of_models.entity,
        coalesce(issues.source, '') as source,
        sum(issues.row_count) as row_count
    from {{ ref('int_data_quality_issues') }} as issues
    inner join entities_of_models on issues.model_name = entities_of_models.model_name
    where
        issues.issue in (
            'missing_key', 'conflicting_version', 'superseded_version', 'deleted_in_source',
            'suppressed_by_erasure'
        )
    group by entities_of_models.entity, coalesce(issues.source, '')
),

arrived_by_source as (
    {%- for entity in canonical_entities() if entity != 'identifiers' %}
        select
            '{{ entity }}' as entity,
            coalesce(source, '') as source,
            {% if entity in ['consents', 'privacy_requests'] -%}
                -- a phone that can be read in several ways is one row each, `<key>#<n>`
                count(distinct split_part(
                    {{ 'consent_event_id' if entity == 'consents' else 'privacy_request_id' }}, '#', 1
                )) as row_count
            {%- else -%}
                count(*) as row_count
            {%- endif %}
        from {{ ref('int_' ~ entity ~ '_unioned') }}
        group by coalesce(source, '')
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    staged_by_source.entity,
    staged_by_source.source as source_name,
    staged_by_source.row_count as staged_count,
    coalesce(arrived_by_source.row_count, 0) as arrived_count,
    coalesce(left_out_by_source.row_count, 0) as left_out_count
from staged_by_source
left join arrived_by_source
    on
        staged_by_source.entity = arrived_by_source.entity
        and staged_by_source.source = arrived_by_source.source
left join left_out_by_source
    on
        staged_by_source.entity = left_out_by_source.entity
        and staged_by_source.source = left_out_by_source.source
where
    staged_by_source.row_count
    <> coalesce(arrived_by_source.row_count, 0) + coalesce(left_out_by_source.row_count, 0)
