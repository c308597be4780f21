{#
    Give a new relation the name of the one that it replaces, which is dropped; views that read it
    read the new one. All in the open transaction, so that nobody ever misses any of them.
#}
{% macro pgpython_swap_in(existing_relation, intermediate_relation, target_relation) -%}
    {%- set backup_relation = make_backup_relation(
        target_relation, 'table' if existing_relation is none else existing_relation.type
    ) -%}
    {%- do adapter.swap_in(
        existing_relation, intermediate_relation, target_relation, backup_relation,
        pgpython_built_relations()
    ) -%}
{%- endmacro %}


{# What the project's models make: a view among them may vanish until its own model is built. #}
{% macro pgpython_built_relations() -%}
    {{- return(
        graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | map(attribute='relation_name') | list
    ) -}}
{%- endmacro %}
