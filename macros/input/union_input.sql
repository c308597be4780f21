{#
    The input layer: the union of the staging models that var `sources` lists for an entity, in
    the columns of that entity's contract.

    Which of them a staging model has is read from its YAML, which its own contract keeps true;
    a column it lacks is null. An empty list yields an empty table of the right types, so that a
    company without tills or surveys builds as it is.

    Of several versions of a row the latest by `loaded_at` counts (see latest_versions); a row
    that its source deleted is left out, and so is what the erasure gate suppresses. What is left
    out is counted in int_data_quality_issues by the same macros.

    Arguments:
        entity: key of var `sources`; the model is int_<entity>_unioned and the first column of
            its contract is its key
        without: contract columns that the caller makes itself
        extra: columns [(name, type)] that the caller needs beyond the contract
        gated: whether the erasure gate is applied here; else the caller applies it
#}
{% macro union_input(entity, without=[], extra=[], gated=true) -%}
    {%- set models = input_models(entity) -%}
    {%- set columns = [] -%}
    {%- for name, data_type in contract_columns(entity) if name not in without -%}
        {%- do columns.append((name, data_type)) -%}
    {%- endfor -%}
    {%- do columns.extend(extra) -%}
    {%- set key = columns[0][0] -%}
    with

    {% for name in models %}
    {{ latest_versions(name, key, entity, only_changed=is_incremental()) }}

    {% endfor %}
    unioned as (
        {%- for name in models %}
        {%- set provided = staging_columns(name) %}
        select
            {%- for column, data_type in columns %}
            {% if column in provided -%}
                cast({{ column }} as {{ data_type }}) as {{ column }}
            {%- else -%}
                cast(null as {{ data_type }}) as {{ column }}
            {%- endif -%}
            {{ ',' if not loop.last }}
            {%- endfor %}
        from {{ name }}_versions
        where version_rank = 1 and not is_deleted_version
        {{ 'union all' if not loop.last }}
        {%- else %}
        select
            {%- for column, data_type in columns %}
            cast(null as {{ data_type }}) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
        {%- endfor %}
    )

    select
        {%- for column, data_type in columns %}
        unioned.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from unioned
    {% if gated -%}
        {{ erasure_gate('unioned', columns, entity) }}
    {%- endif %}
{%- endmacro %}


{# Columns of an entity, [(name, type)], from the YAML contract of its table. #}
{% macro contract_columns(entity) -%}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for column in graph.nodes[
            'model.' ~ project_name ~ '.int_' ~ entity ~ '_unioned'
        ].columns.values() -%}
            {%- do columns.append((column.name, column.data_type)) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do columns.append(('parse_only', 'text')) -%}
    {%- endif -%}
    {{- return(columns) -}}
{%- endmacro %}


{# The staging models of an entity; naming them here is what draws them into the graph. #}
{% macro input_models(entity) -%}
    {%- set models = (var('sources').get(entity) or []) if var('sources') is mapping else [] -%}
    {%- for name in models -%}{%- do ref(name) -%}{%- endfor -%}
    {{- return(models) -}}
{%- endmacro %}


{# Columns of a staging model, {name: column}, from its YAML; empty while dbt is only parsing. #}
{% macro staging_columns(name) -%}
    {%- if not execute -%}{{- return({}) -}}{%- endif -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ name) -%}
    {%- if node is none or node.columns | length == 0 -%}
        {{- exceptions.raise_compiler_error(
            "var sources names '" ~ name ~ "', which is no staging model with columns in its YAML"
            ~ " (models/staging/<source>/_<source>__models.yml)"
        ) -}}
    {%- endif -%}
    {{- return(node.columns) -}}
{%- endmacro %}
