{#-
    The hash of an e-mail address as an advertising platform wants it: lower-case hex SHA-256 of
    the platform's own normal form. Null for what is no address. Not to be used as a key: who has
    the address has the hash.

    google: trimmed, lower case; at gmail.com and googlemail.com without dots and +tag
    meta:   trimmed, lower case
-#}
{% macro advertising_email_hash(expression, platform) -%}
    {%- if platform not in ['google', 'meta'] -%}
        {{- exceptions.raise_compiler_error(
            "advertising_email_hash: platform '" ~ platform ~ "' is unknown; valid are google, meta"
        ) -}}
    {%- endif -%}
    {%- set address = regexp_extract_first(
        lower_text('trim(' ~ expression ~ ')'), '^[^@ \\t\\n]+@[^@ \\t\\n]+$'
    ) -%}
    {{- sha256_hex(google_address(address) if platform == 'google' else address) -}}
{%- endmacro %}


{% macro google_address(address) -%}
    {%- set local_part = regexp_extract_first(address, '^([^@]+)@') -%}
    {%- set without_tag = regexp_replace_all(local_part, '[+].*$', '') -%}
    case
        when {{ regexp_like(address, '@(?:gmail|googlemail)[.]com$') }}
            then replace({{ without_tag }}, '.', '') || {{ regexp_extract_first(address, '(@.*)$') }}
        else {{ address }}
    end
{%- endmacro %}


{#- Hex SHA-256 of a text in UTF-8. -#}
{% macro sha256_hex(expression) -%}
    {{- return(adapter.dispatch('sha256_hex', 'warehouse_cdp')(expression)) -}}
{%- endmacro %}

{% macro default__sha256_hex(expression) -%}
sha256({{ expression }})
{%- endmacro %}

{% macro postgres__sha256_hex(expression) -%}
encode(sha256(convert_to({{ expression }}, 'UTF8')), 'hex')
{%- endmacro %}
