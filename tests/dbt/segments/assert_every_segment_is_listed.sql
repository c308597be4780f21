-- A view seg_… that var `segments` does not list would have no membership history and no place in
-- the catalogue, and nobody would notice.
{% set listed = var('segments') -%}
{% set found = [] -%}
{% if execute -%}
    {% for node in graph.nodes.values()
        if node.resource_type == 'model' and node.name.startswith('seg_') -%}
        {% do found.append(node.name) -%}
    {% endfor -%}
{% endif -%}
{% set missing = found | reject('in', listed) | list -%}
with

unlisted as (
    {% for name in missing -%}
    select '{{ name }}' as segment_name
    {{ 'union all' if not loop.last }}
    {% else -%}
        select cast(null as text) as segment_name
        where 1 = 0
    {% endfor %}
)

select segment_name
from unlisted
