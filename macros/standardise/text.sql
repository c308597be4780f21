{#- Trims and turns every run of white space, no-break and zero-width blanks included, into one. -#}
{% macro collapse_whitespace(expression) -%}
{{ read_plain_spelling(
    expression, _tidy_pattern(), expression, _collapse_any_whitespace(expression)
) }}
{%- endmacro %}

{% macro _collapse_any_whitespace(expression) -%}
{%- set odd = '\\t\\n\\r\\f\\v\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff' -%}
{#- A lone blank stays as it is: replacing each of them by itself cost more than all the rest. -#}
{%- set runs = '[ ]{2}[ ' ~ odd ~ ']*|[ ]?[' ~ odd ~ '][ ' ~ odd ~ ']*' -%}
trim({{ regexp_replace_all(expression, runs, ' ') }})
{%- endmacro %}


{#- Words of European letters, digits and signs, one blank between them: nothing to collapse. -#}
{% macro _tidy_pattern() -%}
^[!-~À-ž]+(?: [!-~À-ž]+)*$
{%- endmacro %}


{#- What people and forms write for "nothing", as a pattern over the whole trimmed text. -#}
{% macro _placeholder_pattern(extra=[]) -%}
{%- set words = [
    '#?n[./]a[.]?', 'null', '[(]null[)]', 'none', '[(]none[)]', 'unknown', 'unbekannt', 'undefined',
    'nan', 'keine angabe', 'k[.] ?a[.]?', 'not provided', 'not available', '[-–—_.?*,/ ]*',
] -%}
(?i)^(?:{{ (words + extra) | join('|') }})$
{%- endmacro %}


{#-
    Text as a person would have meant it: trimmed, blanks collapsed, null when empty or a
    placeholder ('n/a', 'NULL', '-', '??'). Not for country codes, where 'NA' is Namibia.
-#}
{% macro clean_text(expression) -%}
{%- set placeholder = _placeholder_pattern(['na', 'nil']) -%}
{{ read_plain_spelling(
    expression,
    _tidy_pattern(),
    'case when not ' ~ regexp_like(expression, placeholder) ~ ' then ' ~ expression ~ ' end',
    'nullif(' ~ regexp_replace_all(collapse_whitespace(expression), placeholder, '') ~ ", '')"
) }}
{%- endmacro %}


{#-
    Maps raw words to canonical ones, whatever their case: `mapping` is raw -> canonical. What it
    does not know is null (report it with `issue_unparseable`). `prefixes` is the same for how a
    word begins, tried last: for words such as withdrawals, where a variant that nobody announced
    must not be lost.
-#}
{% macro standardise_enum(expression, mapping, prefixes={}) -%}
{#- Words as they were announced need no cleaning, which `case` would do again for every `when`. -#}
case {{ expression }}
{%- for raw, canonical in mapping.items() if raw == raw | trim %}
    when {{ text_literal(raw) }} then {{ text_literal(canonical) }}
{%- endfor %}
    else {{ _canonical_word(expression, mapping, prefixes) }}
end
{%- endmacro %}

{#- Columns of few words are stored once a word, and functions of such a column, unlike a `case`,
    run once a word too: hence no plain spelling is looked for here. -#}
{% macro _canonical_word(expression, mapping, prefixes={}) -%}
{%- set word = lower_text(_collapse_any_whitespace(expression)) -%}
case {{ word }}
{%- for raw, canonical in mapping.items() %}
    when {{ text_literal(raw | lower) }} then {{ text_literal(canonical) }}
{%- endfor %}
{%- if prefixes %}
    else case
    {%- for prefix, canonical in prefixes.items() %}
        when {{ word }} like {{ text_literal(prefix | lower ~ '%') }}
            then {{ text_literal(canonical) }}
    {%- endfor %}
    end
{%- endif %}
end
{%- endmacro %}


{#- female, male, diverse or null, from codes, words and salutations in several languages. -#}
{% macro standardise_gender(expression) -%}
{%- set words = {
    'female': ['f', 'female', 'w', 'weiblich', 'frau', 'woman', 'femme', 'mujer', 'mrs', 'mrs.',
               'ms', 'ms.', 'miss', 'k', 'kvinna', 'kobieta', 'vrouw', 'v'],
    'male': ['m', 'male', 'männlich', 'maennlich', 'herr', 'man', 'homme', 'hombre', 'mr', 'mr.',
             'mann', 'mężczyzna'],
    'diverse': ['d', 'diverse', 'divers', 'x', 'non-binary', 'nonbinary', 'non binary', 'nb', 'enby'],
} -%}
{%- set mapping = {} -%}
{%- for canonical, raw_words in words.items() -%}
    {%- for raw in raw_words -%}{%- do mapping.update({raw: canonical}) -%}{%- endfor -%}
{%- endfor -%}
{{ _canonical_word(expression, mapping) }}
{%- endmacro %}
