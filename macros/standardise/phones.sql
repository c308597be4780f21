{#-
    Phones to E.164: a select of `key_columns` and `phone`, one row for each row of `relation`,
    null where the raw text is no possible number. Use it as the body of a CTE:

        phones as (
            {{ phone_numbers_e164('records', ['record_id'], 'phone_raw', 'country_code') }}
        )

    `relation` is a relation or the name of a CTE; `country_column` is the ISO alpha-2 code under
    whose habits a number without a country is read (null: only +… and 00… are). Rules and lengths
    come from the seed `calling_codes`, which holds the metadata of the `phonenumbers` library;
    the steps are that library's.

    A number is kept when its length is possible, not only when its range is in use: ranges open
    every month, a seed is dated, and a customer's genuine number must not be lost to that.
    Letters inside make it null (the library would drop or dial them); repeated and counting
    digits are what people type to get past a form.
-#}
{% macro phone_numbers_e164(relation, key_columns, raw_column, country_column) -%}
{%- set keys -%}
{%- for key_column in key_columns %}
        {{ key_column }},
{%- endfor -%}
{%- endset -%}
{#- One, two or three digits: calling codes are prefix-free by the ITU's plan (E.164). -#}
{%- set calling_code = '^(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2})' -%}
{%- set as_ascii -%}
translate(
    phone_texts.{{ raw_column }},
    '＋０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
    '+012345678901234567890123456789'
)
{%- endset -%}
{#- What comes before the first digit is a label ('Tel.:'), what follows a mark an extension. -#}
{%- set unlabelled = regexp_replace_all(as_ascii, '^[^0-9+]+', '') -%}
{%- set extension = '(?i)([0-9])[^0-9a-z+#~]*(?:ext(?:ension|n)?|x|#|~|доб|anexo|int|durchwahl|dw)[.:= ]*[0-9]{1,7}#?$' -%}
{%- set without_extension = regexp_replace_all(
    regexp_replace_all(unlabelled, extension, '\\1'), '[^0-9a-zA-Z]+$', ''
) -%}
{%- set punctuation = "[ \\t\\n\\r().,/~'·\u00a0\u00ad\u200b\u2010-\u2015\u202a-\u202e\u2060\u2212\u30fc\uff0d\uff0f\u3000\uff08\uff09\uff0e\uff3b\uff3d\u2053\u223c\uff5e[-]|[]]" -%}
with dialled as (
    select{{ keys | replace('        ', '        phone_texts.') }}
        {{ regexp_replace_all(without_extension, punctuation, '') }} as dialled_text,
        upper(phone_texts.{{ country_column }}) as home_country_code
    from {{ relation }} as phone_texts
),

dialled_at_home as (
    select{{ keys | replace('        ', '        dialled.') }}
        {{ regexp_extract_first('dialled.dialled_text', '^[+]*([0-9]{3,25})$') }} as digits,
        {{ regexp_like('dialled.dialled_text', '^[+]+[1-9]') }} as has_plus,
        home.calling_code as home_calling_code,
        coalesce(home.international_pattern, '^00') as international_pattern,
        home.trunk_pattern,
        home.trunk_rewrite_pattern,
        home.trunk_rewrite_replacement,
        home.national_pattern,
        home.longest_national_length
    from dialled
    left join {{ ref('calling_codes') }} as home
        on dialled.home_country_code = home.country_code
),

numbers_with_country as (
    select{{ keys | replace('        ', '        dialled_at_home.') }}
        dialled_at_home.digits,
        case
            when dialled_at_home.has_plus then dialled_at_home.digits
            when {{ _phone_pattern_found('digits', 'international_pattern', 'dialled_at_home') }}
                then {{ _phone_without('digits', 'international_pattern', 'dialled_at_home') }}
            when
                {{ _phone_names_home('dialled_at_home') }}
                then dialled_at_home.digits
        end as international_digits,
        dialled_at_home.home_calling_code,
        dialled_at_home.trunk_pattern,
        dialled_at_home.trunk_rewrite_pattern,
        dialled_at_home.trunk_rewrite_replacement,
        dialled_at_home.national_pattern
    from dialled_at_home
)
{%- endmacro %}
