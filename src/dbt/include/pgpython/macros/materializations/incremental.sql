{% materialization incremental, adapter='pgpython', supported_languages=['sql', 'python'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
    {%- set is_python = model['language'] == 'python' -%}
    {%- set full_refresh_mode = should_full_refresh()
        or (existing_relation is not none and not existing_relation.is_table) -%}
    {%- set is_whole = existing_relation is none or full_refresh_mode -%}
    {%- set on_schema_change = incremental_validate_on_schema_change(
        config.get('on_schema_change'), default='ignore'
    ) -%}
    {%- set strategy_macro = adapter.get_incremental_strategy_macro(
        context, config.get('incremental_strategy') or 'default'
    ) -%}
    {#- What Python writes another connection must see, so it is no temporary table. -#}
    {%- set new_rows = intermediate_relation if is_whole or is_python
        else make_temp_relation(target_relation) -%}
    {%- do adapter.drop_leftover(intermediate_relation) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if is_python -%}
        {%- call statement('main', language='python') -%}
            {{- pgpython_python_result(new_rows, compiled_code) -}}
        {%- endcall -%}
    {%- elif is_whole -%}
        {%- call statement('main') -%}
            {{- get_create_table_as_sql(False, new_rows, compiled_code) -}}
        {%- endcall -%}
    {%- else -%}
        {%- do run_query(get_create_table_as_sql(True, new_rows, compiled_code)) -%}
    {%- endif -%}

    {%- if is_whole -%}
        {%- do create_indexes(new_rows) -%}
        {%- do pgpython_swap_in(existing_relation, new_rows, target_relation) -%}
    {%- else -%}
        {%- if not config.get('contract', {}).enforced -%}
            {%- do adapter.expand_target_column_types(
                from_relation=new_rows, to_relation=target_relation
            ) -%}
        {%- endif -%}
        {%- set changed_columns = process_schema_changes(
            on_schema_change, new_rows, existing_relation
        ) -%}
        {%- set build_sql = strategy_macro({
            'target_relation': target_relation,
            'temp_relation': new_rows,
            'unique_key': config.get('unique_key'),
            'dest_columns': changed_columns
                or adapter.get_columns_in_relation(existing_relation),
            'incremental_predicates': config.get('predicates', none)
                or config.get('incremental_predicates', none),
        }) -%}
        {%- call statement('python_rows' if is_python else 'main') -%}
            {{- build_sql -}}
        {%- endcall -%}
        {%- if is_python -%}
            {%- call statement('drop_new_rows') -%}
                drop table {{ new_rows }}
            {%- endcall -%}
        {%- endif -%}
    {%- endif -%}

    {%- do apply_grants(
        target_relation, config.get('grants'), should_revoke=not is_whole
    ) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}

    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
