{#
    Survivorship of what hardly changes. Fields that belong together are taken together from ONE
    record, so that no customer gets the given name of one record with the family name of another.
    Of a customer's records the one wins that fills most of the group; then the source named first
    in var source_priority; then an account before an order form (whose name may be the receiver of
    a gift); then what most of the customer's records say, which outvotes typing errors; then the
    latest update; then record_id, so that the choice never depends on the order of rows.

    E-mail and address, which change in a life, are weighed instead: golden_evidence.sql.
#}
{% macro golden_groups() -%}
    {{- return({
        'name': ['name_prefix', 'given_name', 'middle_name', 'family_name', 'name_suffix'],
        'full_name': ['full_name'],
        'birth_date': ['birth_date'],
        'gender': ['gender'],
        'language': ['language'],
    }) -}}
{%- endmacro %}


{# The columns that a group is judged by: a lone title is no name, a lone region no address. #}
{% macro golden_group_core(group) -%}
    {{- return({
        'name': ['given_name', 'family_name'],
        'address': ['address_line_1', 'city', 'postal_code', 'country_code'],
    }.get(group, golden_groups().get(group))) -}}
{%- endmacro %}


{% macro golden_group_completeness(group, records) -%}
    (
        {%- for column in golden_group_core(group) %}
        case when {{ records }}.{{ column }} is null then 0 else 1 end{{ ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{# The body of a CTE: the records that say anything of the group, and how many agree with each. #}
{% macro counted_for_group(group, records) -%}
    select
        {{ records }}.*,
        {{ golden_group_completeness(group, records) | indent(8) }} as group_completeness,
        count(*) over (
            partition by
                {{ records }}.customer_id
                {%- for column in golden_group_core(group) %},
                {{ lower_text('cast(' ~ records ~ '.' ~ column ~ ' as text)') }}
                {%- endfor %}
        ) as agreeing_record_count
    from {{ records }}
    where {{ golden_group_completeness(group, records) | indent(8) }} > 0
{%- endmacro %}


{# The body of a CTE: those records ranked, 1 is the one that wins. #}
{% macro ranked_for_group(counted) -%}
    select
        {{ counted }}.*,
        row_number() over (
            partition by {{ counted }}.customer_id
            order by
                {{ counted }}.group_completeness desc nulls last,
                {{ source_rank(counted ~ '.source') | indent(16) }} asc nulls last,
                {{ counted }}.record_type desc nulls last,
                {{ counted }}.agreeing_record_count desc nulls last,
                {{ counted }}.changed_at desc nulls last,
                {{ counted }}.record_id asc nulls last
        ) as group_rank
    from {{ counted }}
{%- endmacro %}


{# The body of a CTE: one row per customer and what the winning record says for the group. #}
{% macro golden_group(group, ranked) -%}
    select
        customer_id,
        {%- for column in golden_groups()[group] %}
        {{ column }},
        {%- endfor %}
        source as {{ group }}_source,
        record_id as {{ group }}_record_id,
        changed_at as {{ group }}_updated_at
    from {{ ranked }}
    where group_rank = 1
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
