{#- `dbt source freshness` compares the newest load with the run's clock instead of the wall's, so
    that a pinned demo is judged as of its day; the load time is text, hence read, never cast. -#}
{% macro default__collect_freshness(source, loaded_at_field, filter) %}
    {% call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
        select
            max({{ parse_timestamp(loaded_at_field, 'iso') }}) as max_loaded_at,
            {{ as_of() }} as snapshotted_at
        from {{ source }}
        {%- if filter %}
        where {{ filter }}
        {%- endif %}
    {%- endcall %}
    {{ return(load_result('collect_freshness')) }}
{% endmacro %}
