{#-
    Functions that SQL alone cannot say, made in the target's own schema when a run starts
    (`on-run-start: "{{ create_helper_functions() }}"`) and always called by their full name, so
    that no search path matters and no two environments share one. No extension is needed; the
    Postgres ones run on PostgreSQL 15 and later.
-#}
{% macro create_helper_functions() -%}
    {%- if execute -%}
        {#- Opens a transaction where no earlier hook has, so that there is one to commit. -#}
        {%- call statement(auto_begin=true) -%}
            create schema if not exists {{ _helper_schema() }}
        {%- endcall -%}
        {%- for statement in adapter.dispatch('helper_functions', 'warehouse_cdp')() -%}
            {%- do run_query(statement) -%}
        {%- endfor -%}
        {%- do adapter.dispatch('commit_helper_functions', 'warehouse_cdp')() -%}
    {%- endif -%}
{%- endmacro %}


{#- The full name of a helper function, ready to be called. -#}
{% macro helper_function(name) -%}
{{ _helper_schema() }}.{{ name }}
{%- endmacro %}

{% macro _helper_schema() -%}
    {{ return(adapter.dispatch('helper_schema', 'warehouse_cdp')()) }}
{%- endmacro %}

{% macro default__helper_schema() -%}
{{ adapter.quote(target.database) }}.{{ adapter.quote(target.schema) }}
{%- endmacro %}

{% macro postgres__helper_schema() -%}
{{ adapter.quote(target.schema) }}
{%- endmacro %}


{#- One transaction may write to one database only, and the next hook writes to the state. -#}
{% macro default__commit_helper_functions() -%}
    {%- do run_query('commit') -%}
    {%- do run_query('begin') -%}
{%- endmacro %}

{#- dbt-postgres rolls back what a hook's own queries left open. -#}
{% macro postgres__commit_helper_functions() -%}
    {%- do run_query('commit') -%}
{%- endmacro %}


{#-
    The dbt-duckdb plugin sets `cdp_hash_inner` and `cdp_hash_outer` (the key's two HMAC blocks,
    as blob) on every cursor; without them the function refuses rather than hash under no key.
-#}
{% macro default__helper_functions() -%}
{%- set keyed_hash -%}
create or replace macro {{ helper_function('cdp_keyed_hash') }}(value) as
    case
        when value is null then null
        when getvariable('cdp_hash_inner') is null or getvariable('cdp_hash_outer') is null
            then error('cdp_keyed_hash: no key on this connection; set CDP_HASH_KEY and use dbt or cdp')
        else left(
            sha256(
                cast(getvariable('cdp_hash_outer') as blob)
                || unhex(
                    sha256(
                        cast(getvariable('cdp_hash_inner') as blob) || encode(cast(value as text))
                    )
                )
            ),
            32
        )
    end
{%- endset -%}
{%- set tokens = name_tokens() -%}
{%- set words -%}
regexp_extract_all(
    regexp_replace(
        lower(value), {{ text_literal(tokens.mac_pattern) }},
        {{ text_literal(tokens.mac_marked) }}, 'g'
    ),
    {{ text_literal(tokens.token_pattern) }}
)
{%- endset -%}
{%- set display_name -%}
create or replace macro {{ helper_function('cdp_display_name') }}(value) as
    case
        when value is null then null
        when value <> {{ upper_text('value') }} and value <> lower(value) then value
        else replace(
            array_to_string(
                list_transform(
                    list_zip({{ words }}, ({{ words }})[2:]),
                    lambda pair:
                        case
                            when
                                pair[1] in ('{{ tokens.particles | join("', '") }}')
                                and pair[2] = ' '
                                then pair[1]
                            else {{ upper_text('left(pair[1], 1)') }} || substr(pair[1], 2)
                        end
                ),
                ''
            ),
            {{ text_literal('\u0001') }},
            ''
        )
    end
{%- endset -%}
{{ return([keyed_hash, display_name]) }}
{%- endmacro %}
