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

    A pattern from a column is compiled for every row, which costs most of the time here; so what
    most countries have in common (a trunk zero, 00 for abroad) is asked for by name first.

    Steps are `materialized` because Postgres would otherwise paste each into the next and run
    the same patterns hundreds of times a row.
-#}
{% macro phone_numbers_e164(relation, key_columns, raw_column, country_column) -%}
{%- set keys -%}
{%- for key_column in key_columns %}
        {{ key_column }},
{%- endfor -%}
{%- endset -%}
{#- One, two or three digits: calling codes are prefix-free by the ITU's plan (E.164). -#}
{%- set calling_code = '^(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|'
    ~ '(?:2[1-689]|3[578]|42|5[09]|6[7-9]|8[035789]|9[679])[0-9])' -%}
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
with dialled as materialized (
    select{{ keys | replace('        ', '        phone_texts.') }}
        case
            when {{ regexp_like('phone_texts.' ~ raw_column, '^[+]?[0-9]+$') }}
                then phone_texts.{{ raw_column }}
            else {{ regexp_replace_all(without_extension, punctuation, '') }}
        end as dialled_text,
        {{ upper_code('phone_texts.' ~ country_column) }} as home_country_code
    from {{ relation }} as phone_texts
),

dialled_at_home as materialized (
    select{{ keys | replace('        ', '        dialled.') }}
        {{ regexp_extract_first('dialled.dialled_text', '^[+]*([0-9]{3,25})$') }} as digits,
        {{ regexp_like('dialled.dialled_text', '^[+]+[1-9]') }} as has_plus,
        {{ regexp_like('dialled.dialled_text', '^[+]') }} as starts_with_plus,
        home.calling_code,
        coalesce(home.international_pattern, '^(?:00)') as international_pattern,
        home.trunk_pattern,
        home.trunk_rewrite_pattern,
        home.trunk_rewrite_replacement,
        home.national_pattern,
        home.national_first_digits,
        home.national_lengths,
        home.longest_national_length
    from dialled
    left join {{ ref('calling_codes') }} as home
        on dialled.home_country_code = home.country_code
),

numbers_by_prefix as materialized (
    select
        dialled_at_home.*,
        case
            when has_plus then digits
            when
                case
                    when international_pattern = '^(?:00)' then digits like '00%'
                    else {{ _matches_pattern('digits', 'international_pattern') }}
                end
                and regexp_replace(digits, international_pattern, '') not like '0%'
                then regexp_replace(digits, international_pattern, '')
        end as international_digits,
        case
            when not has_plus and digits like calling_code || '%'
                then substr(digits, length(calling_code) + 1)
        end as after_own_code
    from dialled_at_home
),

own_codes_tried as materialized (
    select
        numbers_by_prefix.*,
        {{ _without_trunk('after_own_code') }} as national_after_own_code
    from numbers_by_prefix
),

{#- '44 20 …' without a plus: only when it cannot be a national number as it stands. -#}
numbers_with_country as materialized (
    select
        own_codes_tried.*,
        case
            when international_digits is not null then international_digits
            when after_own_code is null then null
            when length(digits) > longest_national_length then digits
            when
                not {{ _is_national('digits') }}
                and (
                    {{ _is_national('after_own_code') }}
                    or {{ _is_national('national_after_own_code') }}
                )
                then digits
        end as full_digits
    from own_codes_tried
),

national_numbers as materialized (
    select{{ keys | replace('        ', '        numbers_with_country.') }}
        plan.calling_code,
        plan.national_lengths as possible_lengths,
        case
            when numbers_with_country.full_digits is not null
                then substr(numbers_with_country.full_digits, length(plan.calling_code) + 1)
            when not numbers_with_country.starts_with_plus then numbers_with_country.digits
        end as national_digits,
        {% for rule in [
            'trunk_pattern', 'trunk_rewrite_pattern', 'trunk_rewrite_replacement',
            'national_pattern', 'national_first_digits', 'national_lengths',
        ] -%}
        case
            when numbers_with_country.full_digits is null then numbers_with_country.{{ rule }}
            else plan.{{ rule }}
        end as {{ rule }}{{ ',' if not loop.last }}
        {% endfor %}
    from numbers_with_country
    left join {{ ref('calling_codes') }} as plan
        on
            plan.is_main_country
            and plan.calling_code = coalesce(
                {{ regexp_extract_first('numbers_with_country.full_digits', calling_code) }},
                case
                    when numbers_with_country.full_digits is null
                        then numbers_with_country.calling_code
                end
            )
),

trunks_dropped as materialized (
    select
        national_numbers.*,
        {{ _without_trunk('national_digits') }} as without_trunk
    from national_numbers
),

significant_numbers as materialized (
    select
        trunks_dropped.*,
        case
            when without_trunk = national_digits then national_digits
            when strpos(national_lengths, ';' || cast(length(without_trunk) as text) || ';') = 0
                then national_digits
            when
                {{ _is_national('national_digits') }}
                and not {{ _is_national('without_trunk') }}
                then national_digits
            else without_trunk
        end as significant_digits
    from trunks_dropped
)

select{{ keys | replace('        ', '    ') }}
    case
        when
            strpos(possible_lengths, ';' || cast(length(significant_digits) as text) || ';') > 0
            and not {{ regexp_like(
                'significant_digits', '^(?:0+|1+|2+|3+|4+|5+|6+|7+|8+|9+)$'
            ) }}
            and not (
                length(significant_digits) >= 7
                and (
                    strpos('012345678901234567890', significant_digits) > 0
                    or strpos('987654321098765432109', significant_digits) > 0
                )
            )
            then '+' || calling_code || significant_digits
    end as phone
from significant_numbers
{%- endmacro %}


{#- A number without its trunk prefix, by the rule columns beside it. -#}
{% macro _without_trunk(digits) -%}
case
    when {{ _matches_pattern(digits, 'trunk_rewrite_pattern') }}
        then regexp_replace({{ digits }}, trunk_rewrite_pattern, trunk_rewrite_replacement)
    when trunk_pattern = '^(?:0)' then {{ regexp_replace_all(digits, '^0', '') }}
    when trunk_pattern is not null
        then regexp_replace({{ digits }}, trunk_pattern, '')
    else {{ digits }}
end
{%- endmacro %}


{#- Whether digits have the shape of a national number; the first one spares most patterns. -#}
{% macro _is_national(digits) -%}
(
    strpos(national_first_digits, left({{ digits }}, 1)) > 0
    and {{ _matches_pattern(digits, 'national_pattern') }}
)
{%- endmacro %}


{#- Like `regexp_like`, for a pattern that is a column. -#}
{% macro _matches_pattern(expression, pattern_column) -%}
    {{ return(adapter.dispatch('matches_pattern', 'warehouse_cdp')(expression, pattern_column)) }}
{%- endmacro %}

{% macro default__matches_pattern(expression, pattern_column) -%}
coalesce(regexp_matches({{ expression }}, {{ pattern_column }}), false)
{%- endmacro %}

{% macro postgres__matches_pattern(expression, pattern_column) -%}
coalesce({{ expression }} ~ {{ pattern_column }}, false)
{%- endmacro %}
