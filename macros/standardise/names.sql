{#-
    A name as its bearer would like to be greeted: trimmed, null for digits and placeholders,
    ALL CAPS and all lower case capitalised word by word ("O'Neil", 'Anne-Marie', 'McDonald',
    'van der Berg'), mixed case kept as it is.
-#}
{% macro standardise_name(expression) -%}
{{ _name_by_spelling(expression, _collapse_any_whitespace(expression)) }}
{%- endmacro %}


{#- The same for a part of a standardised name: its blanks are in order. -#}
{% macro standardise_name_part(expression) -%}
{{ _name_by_spelling(expression, expression) }}
{%- endmacro %}


{#- A name that begins with a capital and a small letter is of mixed case already. -#}
{% macro _name_by_spelling(expression, collapsed) -%}
{%- set not_a_name = _placeholder_pattern(
    ['test', 'tbc', 'tbd', 'asdf', 'xxx+', '[^a-z\u00aa-\uffff]*']
) -%}
{%- set any_spelling -%}
{{ helper_function('cdp_display_name') }}(
    nullif({{ regexp_replace_all(collapsed, not_a_name, '') }}, '')
)
{%- endset -%}
{{ read_plain_spelling(
    expression,
    "^[A-Z][a-z][A-Za-z\u00c0-\u017e'.-]*(?: [A-Za-z\u00c0-\u017e'.-]+)*$",
    'case when not ' ~ regexp_like(expression, not_a_name) ~ ' then ' ~ expression ~ ' end',
    any_spelling
) }}
{%- endmacro %}


{#-
    What the engines' `cdp_display_name` share. Words are cut at blanks, hyphens, apostrophes and
    dots, and after 'Mc' (marked by a control character that the cut drops again).
-#}
{% macro name_tokens() -%}
{{ return({
    'mac_pattern': '(^|[ -])mc([^ .-]{2})',
    'mac_marked': '\\1mc\u0001\\2',
    'token_pattern': "[^\u0001 .'’-]+|[\u0001 .'’-]+",
    'particles': [
        'van', 'von', 'vom', 'zu', 'zum', 'zur', 'der', 'den', 'de', 'del', 'della', 'dos', 'du',
        'ter', 'ten',
    ],
}) }}
{%- endmacro %}
