{#
    Whether a text (call note, ticket, answer) announces that its author means to leave us.

    Rules, not a model: they can be read, argued with and tested (tests/dbt/segments). The text is
    lower-cased and reduced to words and ends of clauses; phrases that only look like leaving
    (negations, cancelling an order, leaving a review) are taken out first; any phrase of leaving
    in what remains counts. So "I do not want to cancel" is no, and "I do not want to cancel, but
    I will take my business elsewhere" is yes. A text in doubt is no: calling somebody a leaver
    who is none costs more than missing one.

    The phrases stand in leaving_phrases(); to add a language, add an entry there.
#}
{% macro announces_leaving(text) -%}
    {%- set steps = [
        ("n['’]t", 'nt'),
        ('[.,;:!?()\\n\\r]+', ' . '),
        ('[^a-zà-öø-ÿœ.]+', ' '),
    ] -%}
    {%- set cleared = namespace(sql="' ' || " ~ lower_text("coalesce(" ~ text ~ ", '')") ~ " || ' '") -%}
    {%- for pattern, replacement in steps -%}
        {%- set cleared.sql = regexp_replace_all(cleared.sql, pattern, replacement) -%}
    {%- endfor -%}
    {%- set leaving = [] -%}
    {%- for language in leaving_phrases().values() -%}
        {%- set harmless = ' (?:' ~ language.harmless | join('|') ~ ') ' -%}
        {%- set cleared.sql = regexp_replace_all(cleared.sql, harmless, ' . ') -%}
        {%- do leaving.extend(language.leaving) -%}
    {%- endfor -%}
    {{ regexp_like(cleared.sql, ' (?:' ~ leaving | join('|') ~ ') ') }}
{%- endmacro %}
