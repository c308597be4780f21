{# A ticket that somebody still has to answer. A status that cannot be read is not counted as one. #}
{% macro is_open_ticket(status) -%}
    coalesce({{ status }} in ('new', 'open', 'pending'), false)
{%- endmacro %}
