{#
    Runs between the nightly ones. `dbt build --select tag:hourly` brings what arrived since the
    last run and leaves the rest as it is; any other run rebuilds these models, so that rows that
    vanished at their source, a corrected rule and what the moving clock makes plausible are seen
    once a night at the latest (docs/decisions/0009).

    A model takes part by

        config(
            materialized='incremental', incremental_strategy='hourly',
            on_schema_change='append_new_columns', meta={'hourly': <what a run replaces>},
        )

    latest_loads  staging: the rows that were loaded lately; such a model ends in latest_loads()
    changed_keys  input layer: every key of which such a row has come (union_input does the rest)
    unique_key    marts: the rows that have the config.unique_key of a row the run makes
#}
{% macro is_hourly_run() -%}
    {%- set selection = invocation_args_dict.get('select') or [] -%}
    {%- set selectors = selection if selection is string else selection | join(' ') -%}
    {{- return('tag:hourly' in selectors.split()) -}}
{%- endmacro %}


{# Overrides dbt's own, which knows no table that one command rebuilds and another adds to. #}
{% macro should_full_refresh() -%}
    {%- set configured = config.get('full_refresh') -%}
    {%- if configured is not none -%}{{- return(configured) -}}{%- endif -%}
    {%- if replaced_by_hourly_run() is not none and not is_hourly_run() -%}
        {{- return(true) -}}
    {%- endif -%}
    {{- return(flags.FULL_REFRESH) -}}
{%- endmacro %}


{% macro replaced_by_hourly_run() -%}
    {{- return((config.get('meta') or {}).get('hourly')) -}}
{%- endmacro %}


{# dbt's strategy macro: delete the part that the run makes anew, and insert what it made. #}
{% macro get_incremental_hourly_sql(arg_dict) -%}
    {%- set replaced = replaced_by_hourly_run() -%}
    {%- set conditions = [] -%}
    {%- if replaced == 'latest_loads' -%}
        {%- do conditions.append(is_latest_load()) -%}
    {%- elif replaced == 'changed_keys' -%}
        {%- set entity = model.name | replace('int_', '', 1) | replace('_unioned', '') -%}
        {%- set stored_key = contract_columns(entity)[0][0] -%}
        {%- for name in input_models(entity) -%}
            {%- set key = version_key(entity, staging_columns(name)) -%}
            {%- do conditions.append(stored_key ~ ' in (' ~ changed_keys(name, key) ~ ')') -%}
        {%- endfor -%}
    {%- else -%}
        {%- set keys = arg_dict['unique_key'] -%}
        {%- set pairs = [] -%}
        {%- for key in ([keys] if keys is string else keys) -%}
            {%- do pairs.append('made.' ~ key ~ ' = stored.' ~ key) -%}
        {%- endfor -%}
        {%- do conditions.append(
            'exists (select 1 from ' ~ arg_dict['temp_relation'] ~ ' as made where '
            ~ pairs | join(' and ') ~ ')'
        ) -%}
    {%- endif -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }} as stored
    where {{ conditions | join('\n    or ') or 'false' }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{%- endmacro %}


{# The end of a staging model: nothing, or in an hourly run only what was loaded lately. #}
{% macro latest_loads() -%}
    {%- if is_incremental() -%}
    where {{ is_latest_load() }}
    {%- endif -%}
{%- endmacro %}


{#
    Whether a row was loaded at most late_arrival_hours before the newest row that the model holds,
    or nobody knows when. The bound is a literal, because the engine pushes only that below the
    cleaning of every other column.
#}
{% macro is_latest_load() -%}
    {%- set found = run_query(
        'select ' ~ load_cutoff('max(loaded_at)') ~ ' as loaded_from from ' ~ this
    ) -%}
    {%- set loaded_from = found.rows[0][0] -%}
    {%- if loaded_from is none -%}{{- return('true') -}}{%- endif -%}
    {{- return(
        "(loaded_at >= timestamp '" ~ loaded_from.strftime('%Y-%m-%d %H:%M:%S')
        ~ "' or loaded_at is null)"
    ) -}}
{%- endmacro %}


{% macro load_cutoff(loaded_at) -%}
    {{- return(dbt.dateadd('hour', -(var('late_arrival_hours') | int), loaded_at)) -}}
{%- endmacro %}


{# A query for the keys of a staging model of which a version was loaded lately, by source. #}
{% macro changed_keys(name, key) -%}
    {%- set query -%}
        select {{ key }} as changed_key
        from {{ ref(name) }} as staged
        left join (
            select source, {{ load_cutoff('max(loaded_at)') }} as loaded_from
            from {{ this }}
            group by source
        ) as cutoffs on staged.source = cutoffs.source
        where
            {{ key }} is not null
            and (
                cutoffs.loaded_from is null
                or staged.loaded_at is null
                or staged.loaded_at >= cutoffs.loaded_from
            )
    {%- endset -%}
    {{- return(query) -}}
{%- endmacro %}


{#
    A query for the visitors (source, anonymous_id) of whom a web or app event was loaded lately:
    one event can lengthen, join or rename any of a visitor's visits, so all of them are made anew.
    The model that asks keeps source and loaded_at of what it made of them earlier.
#}
{% macro lately_seen_visitors(events) -%}
    select distinct
        events.source,
        events.anonymous_id
    from {{ events }} as events
    left join (
        select
            source,
            {{ load_cutoff('max(loaded_at)') }} as loaded_from
        from {{ this }}
        group by source
    ) as cutoffs on events.source = cutoffs.source
    where
        events.interaction_type = 'event'
        and events.anonymous_id is not null
        and (
            cutoffs.loaded_from is null
            or events.loaded_at is null
            or events.loaded_at >= cutoffs.loaded_from
        )
{%- endmacro %}
