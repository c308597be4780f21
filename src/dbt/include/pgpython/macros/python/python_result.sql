{# A Python model's code, and where its result goes: read by session.py of the adapter. #}
{% macro pgpython_python_result(relation, compiled_code) -%}
{{ compiled_code }}

dbt_output = {
    'schema': {{ tojson(relation.schema) }},
    'identifier': {{ tojson(relation.identifier) }},
    'unlogged': {{ 'True' if config.get('unlogged', default=false) else 'False' }},
}
{%- endmacro %}
