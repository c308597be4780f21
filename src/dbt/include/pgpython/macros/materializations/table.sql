{% materialization table, adapter='pgpython', supported_languages=['sql', 'python'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
    {%- do adapter.drop_leftover(intermediate_relation) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if model['language'] == 'python' -%}
        {%- call statement('main', language='python') -%}
            {{- pgpython_python_result(intermediate_relation, compiled_code) -}}
        {%- endcall -%}
    {%- else -%}
        {%- call statement('main') -%}
            {{- get_create_table_as_sql(False, intermediate_relation, compiled_code) -}}
        {%- endcall -%}
    {%- endif -%}

    {%- do create_indexes(intermediate_relation) -%}
    {%- do pgpython_swap_in(existing_relation, intermediate_relation, target_relation) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=False) -%}
    {%- do persist_docs(target_relation, model) -%}

    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
