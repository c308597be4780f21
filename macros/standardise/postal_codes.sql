{#-
    A postal code in its country's written form: GB 'SW1A 1AA', NL '1234 AB', PL '12-345',
    SE '123 45', DE with the zeros that a spreadsheet dropped ('1067' is '01067'). A leading
    country prefix ('D-10115') goes. `country_expression` is ISO alpha-2, any case.

    What does not fit its country's shape is kept, upper case and trimmed, because the country is
    wrong (a default) more often than the code; text without a digit other than 0 is null.
-#}
{% macro standardise_postal_code(expression, country_expression) -%}
{%- set zeros = ('^([0-9]{4})$', '0\\1') -%}
{%- set shapes = {
    'GB': [('^([A-Z]{1,2})[ .-]*([0-9])[ .-]*([A-Z0-9]?)[ .-]*([0-9])[ .-]*([A-Z]{2})$', '\\1\\2\\3 \\4\\5')],
    'IE': [('^([A-Z][0-9][0-9W])[ .-]*([A-Z0-9]{4})$', '\\1 \\2')],
    'NL': [('^(?:NL[ -]*)?([1-9][0-9]{3})[ .-]*([A-Z]{2})$', '\\1 \\2')],
    'CA': [('^([A-Z][0-9][A-Z])[ .-]*([0-9][A-Z][0-9])$', '\\1 \\2')],
    'PL': [('^(?:PL[ -]*)?([0-9]{2})[ .-]*([0-9]{3})$', '\\1-\\2')],
    'PT': [('^(?:PT?[ -]*)?([0-9]{4})[ .-]*([0-9]{3})$', '\\1-\\2')],
    'US': [('^([0-9]{5})[ .-]*([0-9]{4})$', '\\1-\\2'), zeros],
    'DE': [('^(?:DE?[ .-]*)?([0-9]{4,5})$', '\\1'), zeros],
    'FR': [('^(?:FR?[ .-]*)?([0-9]{4,5})$', '\\1'), zeros],
    'ES': [('^(?:ES?[ .-]*)?([0-9]{4,5})$', '\\1'), zeros],
    'IT': [('^(?:IT?[ .-]*)?([0-9]{4,5})$', '\\1'), zeros],
} -%}
{%- for country, prefix in [('SE', 'SE?'), ('CZ', 'CZ'), ('SK', 'SK'), ('GR', 'GR')] -%}
    {%- do shapes.update({
        country: [('^(?:' ~ prefix ~ '[ -]*)?([0-9]{3})[ .-]*([0-9]{2})$', '\\1 \\2')]
    }) -%}
{%- endfor -%}
{%- for country, prefix in [
    ('AT', 'AT?'), ('BE', 'BE?'), ('CH', 'CH'), ('DK', 'DK'), ('HU', 'HU?'), ('LU', 'LU?'), ('NO', 'NO?'),
] -%}
    {%- do shapes.update({country: [('^' ~ prefix ~ '[ -]+([0-9]{4})$', '\\1')]}) -%}
{%- endfor -%}
{%- set cleaned -%}
nullif({{ regexp_replace_all(
    upper_code(collapse_whitespace(expression)), '^[^1-9]*$', ''
) }}, '')
{%- endset -%}
case upper({{ country_expression }})
{%- for country, rules in shapes.items() %}
    {%- set shaped = namespace(sql=cleaned) -%}
    {%- for pattern, replacement in rules -%}
        {%- set shaped.sql = regexp_replace_all(shaped.sql, pattern, replacement) -%}
    {%- endfor %}
    when '{{ country }}' then {{ shaped.sql }}
{%- endfor %}
    else {{ cleaned }}
end
{%- endmacro %}
