{#-
    A name as its bearer would like to be greeted: trimmed, null for digits and placeholders,
    ALL CAPS and all lower case capitalised word by word ("O'Neil", 'Anne-Marie', 'McDonald',
    'van der Berg'), mixed case kept as it is.
-#}
{% macro standardise_name(expression) -%}
{%- set not_a_name = _placeholder_pattern(
    ['test', 'tbc', 'tbd', 'asdf', 'xxx+', '[^a-z\u00aa-\uffff]*']
) -%}
{{ helper_function('cdp_display_name') }}(
    nullif({{ regexp_replace_all(collapse_whitespace(expression), not_a_name, '') }}, '')
)
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
