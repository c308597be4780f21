{#-
    The scalar at a path of keys (and list positions, from 0) in a JSON text; null when the text
    is broken, the path leads nowhere, or a JSON null stands there. Meant for scalars: an object
    comes back as its text, spaced as the engine likes.
-#}
{% macro json_text(expression, path_list) -%}
    {{ return(adapter.dispatch('json_text', 'warehouse_cdp')(
        expression, [path_list] if path_list is string else path_list
    )) }}
{%- endmacro %}

{% macro default__json_text(expression, path_list) -%}
json_extract_string(try_cast({{ expression }} as json), {{ _json_path_literal(path_list) }})
{%- endmacro %}

{% macro _json_path_literal(path_list) -%}
{%- set path = namespace(text='$') -%}
{%- for step in path_list -%}
    {%- set path.text = path.text ~ ('[' ~ step ~ ']' if step is number else '."' ~ step ~ '"') -%}
{%- endfor -%}
{{ text_literal(path.text) }}
{%- endmacro %}

{% macro postgres__json_text(expression, path_list) -%}
{%- set steps = [] -%}
{%- for step in path_list -%}{%- do steps.append(text_literal(step)) -%}{%- endfor -%}
{{ helper_function('cdp_json_text') }}({{ expression }}, array[{{ steps | join(', ') }}])
{%- endmacro %}


{#-
    Several such scalars at once, as an array of texts in the order of the paths: select it under a
    name in one CTE and take its items, from 1, in the next. The document is parsed once instead
    of once a path.
-#}
{% macro json_texts(expression, paths) -%}
    {{ return(adapter.dispatch('json_texts', 'warehouse_cdp')(expression, paths)) }}
{%- endmacro %}

{% macro default__json_texts(expression, paths) -%}
{%- set literals = [] -%}
{%- for path_list in paths -%}{%- do literals.append(_json_path_literal(path_list)) -%}{%- endfor -%}
json_extract_string(try_cast({{ expression }} as json), [{{ literals | join(', ') }}])
{%- endmacro %}

{% macro postgres__json_texts(expression, paths) -%}
{%- set texts = [] -%}
{%- for path_list in paths -%}{%- do texts.append(json_text(expression, path_list)) -%}{%- endfor -%}
array[{{ texts | join(', ') }}]
{%- endmacro %}


{#- Whether a text is JSON; null for null. -#}
{% macro is_valid_json(expression) -%}
    {{ return(adapter.dispatch('is_valid_json', 'warehouse_cdp')(expression)) }}
{%- endmacro %}

{% macro default__is_valid_json(expression) -%}
json_valid({{ expression }})
{%- endmacro %}

{% macro postgres__is_valid_json(expression) -%}
{{ helper_function('cdp_is_valid_json') }}({{ expression }})
{%- endmacro %}
