{#
    Survivorship. Fields that belong together are taken together from ONE record, so that no
    customer gets the street of one record with the city of another. Of a customer's records the
    one wins that fills most of the group; then the source named first in var source_priority;
    then an account before an order form (whose name may be the receiver of a gift); then the
    latest update; then record_id, so that the choice never depends on the order of rows.
#}
{% macro golden_groups() -%}
    {{- return({
        'name': ['name_prefix', 'given_name', 'middle_name', 'family_name', 'name_suffix'],
        'birth_date': ['birth_date'],
        'gender': ['gender'],
        'address': [
            'address_line_1', 'address_line_2', 'city', 'region', 'postal_code', 'country_code',
        ],
        'language': ['language'],
    }) -}}
{%- endmacro %}


{# What counts as filled. A lone prefix is no name, and a lone country is no address. #}
{% macro golden_group_completeness(group, records) -%}
    {%- set counted = {
        'name': ['given_name', 'family_name', 'middle_name'],
        'address': ['address_line_1', 'city', 'postal_code', 'country_code'],
    }.get(group, golden_groups()[group]) -%}
    (
        {%- for column in counted %}
        case when {{ records }}.{{ column }} is null then 0 else 1 end{{ ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{# The body of a CTE: one row per customer and what the winning record says for the group. #}
{% macro golden_group(group, records) -%}
    select
        ranked.customer_id,
        {%- for column in golden_groups()[group] %}
        ranked.{{ column }},
        {%- endfor %}
        ranked.source as {{ group }}_source,
        ranked.record_id as {{ group }}_record_id,
        ranked.changed_at as {{ group }}_updated_at
    from {{ records }}_by_{{ group }} as ranked
    where ranked.group_rank = 1
{%- endmacro %}


{% macro ranked_for_group(group, records) -%}
    select
        {{ records }}.*,
        row_number() over (
            partition by {{ records }}.customer_id
            order by
                {{ golden_group_completeness(group, records) | indent(16) }} desc nulls last,
                {{ source_rank(records ~ '.source') | indent(16) }} asc nulls last,
                {{ records }}.record_type desc nulls last,
                {{ records }}.changed_at desc nulls last,
                {{ records }}.record_id asc nulls last
        ) as group_rank
    from {{ records }}
    where {{ golden_group_completeness(group, records) }} > 0
{%- endmacro %}


{# Place of a source in var source_priority; sources it does not name share the last place. #}
{% macro source_rank(source_column) -%}
    {%- set priority = var('source_priority') -%}
    {%- if priority | length == 0 -%}
        1
    {%- else -%}
    case {{ source_column }}
        {%- for name in priority %}
        when '{{ name }}' then {{ loop.index }}
        {%- endfor %}
        else {{ priority | length + 1 }}
    end
    {%- endif -%}
{%- endmacro %}
