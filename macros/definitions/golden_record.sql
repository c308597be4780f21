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


{#
    The body of a CTE: each of a customer's records with its place among them by what does not
    depend on the group. `standing` is the place by source and kind of record, which records share;
    `record_rank` goes on to the latest update and the record_id, and no two have the same.
    Ids and moments only: whatever a window carries beside them is sorted with them.
#}
{% macro ranked_records(records) -%}
    select
        {{ records }}.customer_id,
        {{ records }}.record_id,
        {{ records }}.changed_at,
        rank() over (
            partition by {{ records }}.customer_id
            order by
                {{ source_rank(records ~ '.source') | indent(16) }} asc nulls last,
                {{ records }}.record_type desc nulls last
        ) as standing,
        row_number() over (
            partition by {{ records }}.customer_id
            order by
                {{ source_rank(records ~ '.source') | indent(16) }} asc nulls last,
                {{ records }}.record_type desc nulls last,
                {{ records }}.changed_at desc nulls last,
                {{ records }}.record_id asc nulls last
        ) as record_rank
    from {{ records }}
{%- endmacro %}


{# The body of a CTE: what records say of the group, how many agree on it, and the first of them. #}
{% macro said_of_group(group, records) -%}
    select
        {{ records }}.customer_id,
        max({{ golden_group_completeness(group, records) | indent(8) }}) as group_completeness,
        min({{ records }}.standing) as standing,
        min({{ records }}.record_rank) as record_rank,
        count(*) as agreeing_record_count
    from {{ records }}
    where {{ golden_group_completeness(group, records) | indent(8) }} > 0
    group by
        {{ records }}.customer_id
        {%- for column in golden_group_core(group) %},
        {{ lower_text('cast(' ~ records ~ '.' ~ column ~ ' as text)') }}
        {%- endfor %}
{%- endmacro %}


{# The body of a CTE: that ranked, 1 is what wins. #}
{% macro ranked_for_group(said) -%}
    select
        {{ said }}.customer_id,
        {{ said }}.record_rank,
        row_number() over (
            partition by {{ said }}.customer_id
            order by
                {{ said }}.group_completeness desc nulls last,
                {{ said }}.standing asc nulls last,
                {{ said }}.agreeing_record_count desc nulls last,
                {{ said }}.record_rank asc nulls last
        ) as group_rank
    from {{ said }}
{%- endmacro %}


{# The body of a CTE: one row per customer and what the winning record says for the group. #}
{% macro golden_group(group, ranked, records) -%}
    select
        {{ records }}.customer_id,
        {%- for column in golden_groups()[group] %}
        {{ records }}.{{ column }},
        {%- endfor %}
        {{ records }}.source as {{ group }}_source,
        {{ records }}.record_id as {{ group }}_record_id,
        {{ records }}.changed_at as {{ group }}_updated_at
    from {{ ranked }}
    inner join {{ records }}
        on
            {{ ranked }}.customer_id = {{ records }}.customer_id
            and {{ ranked }}.record_rank = {{ records }}.record_rank
    where {{ ranked }}.group_rank = 1
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
