{#
    What the YAML of a segment says of it: [{name, description, owner, criteria}], in the order of
    var `segments`. Owner and criteria stand in the segment's `config: meta:`; a segment without
    them is refused, since a list of people that nobody answers for should not reach a channel.
#}
{% macro segment_catalogue() -%}
    {%- set catalogue = [] -%}
    {%- if execute -%}
        {%- set incomplete = [] -%}
        {%- for name in var('segments') -%}
            {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
            {%- set meta = node.config.get('meta', {}) -%}
            {%- if not (meta.get('owner') and meta.get('criteria') and node.description) -%}
                {%- do incomplete.append(name) -%}
            {%- endif -%}
            {%- do catalogue.append({
                'name': name, 'description': node.description | trim,
                'owner': meta.get('owner', ''), 'criteria': meta.get('criteria', '') | trim,
            }) -%}
        {%- endfor -%}
        {%- if incomplete -%}
            {{- exceptions.raise_compiler_error(
                'models/segments/_segments__models.yml: each segment needs a description and'
                ~ ' config: {meta: {owner: …, criteria: …}}; missing for ' ~ incomplete | join(', ')
            ) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(catalogue) -}}
{%- endmacro %}
