{#-
    Casts that must not raise need an exception block, which only plpgsql has; their callers hand
    them year-first texts with a zone, so no setting of the session changes the result. The key of
    `cdp_keyed_hash` is the setting cdp.hash_key: `export PGOPTIONS="-c cdp.hash_key=…"`, or
    `alter role … set cdp.hash_key = '…'`. Letters change case by a Unicode collation that does not
    depend on the database's own (see _case_collation).
-#}
{% macro postgres__helper_functions() -%}
{%- set collation = _case_collation() -%}
{%- set lowered, raised = 'value', 'value' -%}
{%- if collation == '"und-x-icu"' -%}
    {#- ICU's rules look at neighbours and make two letters of one; these mean one for one. -#}
    {%- set lowered = "translate(value, 'Σİ', 'σi')" -%}
    {%- set raised = "replace(value, 'ß', 'ẞ')" -%}
{%- endif -%}

{%- set timestamp_or_null -%}
create or replace function {{ helper_function('cdp_timestamp_or_null') }}(value text)
returns timestamp
language plpgsql
immutable strict
as $function$
begin
    return value::timestamptz at time zone 'UTC';
exception
    when data_exception then
        return null;
end
$function$
{%- endset -%}

{%- set date_or_null -%}
create or replace function {{ helper_function('cdp_date_or_null') }}(value text)
returns date
language plpgsql
immutable strict
as $function$
begin
    return value::date;
exception
    when data_exception then
        return null;
end
$function$
{%- endset -%}

{%- set json_text -%}
create or replace function {{ helper_function('cdp_json_text') }}(value text, path text[])
returns text
language plpgsql
immutable strict
as $function$
begin
    return value::json #>> path;
exception
    when data_exception then
        return null;
end
$function$
{%- endset -%}

{%- set is_valid_json -%}
create or replace function {{ helper_function('cdp_is_valid_json') }}(value text)
returns boolean
language plpgsql
immutable strict
as $function$
begin
    perform value::json;
    return true;
exception
    when data_exception then
        return false;
end
$function$
{%- endset -%}

{%- set lower_text -%}
create or replace function {{ helper_function('cdp_lower') }}(value text)
returns text
language sql
immutable strict parallel safe
as $function$
    select lower({{ lowered }} collate {{ collation }})
$function$
{%- endset -%}

{%- set upper_text -%}
create or replace function {{ helper_function('cdp_upper') }}(value text)
returns text
language sql
immutable strict parallel safe
as $function$
    select replace(upper({{ raised }} collate {{ collation }}), 'ẞ', 'ß')
$function$
{%- endset -%}

{%- set tokens = name_tokens() -%}
{%- set display_name -%}
create or replace function {{ helper_function('cdp_display_name') }}(value text)
returns text
language sql
immutable strict parallel safe
as $function$
    select
        case
            when
                value <> {{ helper_function('cdp_upper') }}(value)
                and value <> {{ helper_function('cdp_lower') }}(value)
                then value
            else
                (
                    select
                        replace(
                            string_agg(
                                case
                                    when
                                        words.parts[1] in (
                                            '{{ tokens.particles | join("', '") }}'
                                        )
                                        and words.next_part = ' '
                                        then words.parts[1]
                                    else
                                        {{ helper_function('cdp_upper') }}(left(words.parts[1], 1))
                                        || substr(words.parts[1], 2)
                                end,
                                '' order by words.place
                            ),
                            {{ text_literal('\u0001') }},
                            ''
                        )
                    from (
                        select
                            matches.parts,
                            matches.place,
                            (lead(matches.parts) over (order by matches.place))[1] as next_part
                        from
                            regexp_matches(
                                regexp_replace(
                                    {{ helper_function('cdp_lower') }}(value),
                                    {{ text_literal(tokens.mac_pattern) }},
                                    {{ text_literal(tokens.mac_marked) }},
                                    'g'
                                ),
                                {{ text_literal(tokens.token_pattern) }},
                                'g'
                            ) with ordinality as matches (parts, place)
                    ) as words
                )
        end
$function$
{%- endset -%}

{%- set hash_block -%}
create or replace function {{ helper_function('cdp_hash_block') }}(pad integer)
returns bytea
language plpgsql
stable strict
as $function$
declare
    hash_key bytea := convert_to(current_setting('cdp.hash_key', true), 'UTF8');
    block bytea;
begin
    if coalesce(length(hash_key), 0) = 0 then
        raise exception 'cdp_keyed_hash: no key on this connection'
            using hint = 'Set it before connecting: export PGOPTIONS="-c cdp.hash_key=…"';
    end if;
    if length(hash_key) > 64 then
        hash_key := sha256(hash_key);
    end if;
    block := hash_key || decode(repeat('00', 64 - length(hash_key)), 'hex');
    for place in 0..63 loop
        block := set_byte(block, place, get_byte(block, place) # pad);
    end loop;
    return block;
end
$function$
{%- endset -%}

{%- set keyed_hash_by_blocks -%}
create or replace function {{ helper_function('cdp_keyed_hash') }}(
    value text, inner_block bytea, outer_block bytea
)
returns text
language sql
immutable strict parallel safe
as $function$
    select
        left(
            encode(
                sha256(outer_block || sha256(inner_block || convert_to(value, 'UTF8'))), 'hex'
            ),
            32
        )
$function$
{%- endset -%}

{%- set keyed_hash -%}
create or replace function {{ helper_function('cdp_keyed_hash') }}(value text)
returns text
language sql
stable strict
as $function$
    select {{ postgres__keyed_hash('value') }}
$function$
{%- endset -%}

{{ return([
    timestamp_or_null, date_or_null, json_text, is_valid_json,
    lower_text, upper_text, display_name,
    hash_block, keyed_hash_by_blocks, keyed_hash,
]) }}
{%- endmacro %}


{#-
    The collation by which letters change case: the built-in Unicode one (PostgreSQL 17 and later),
    else the operating system's neutral one, else ICU's. Only a server that has none of them, or a
    database that is not in UTF-8, is left with its own.
-#}
{% macro _case_collation() -%}
{%- set names = ['pg_c_utf8', 'C.utf8', 'C.UTF-8', 'und-x-icu'] -%}
{%- set found = run_query(
    "select pg_collation.collname from pg_catalog.pg_collation"
    ~ " inner join pg_catalog.pg_database on pg_database.datname = current_database()"
    ~ " where pg_collation.collname in ('" ~ names | join("', '") ~ "')"
    ~ " and pg_collation.collencoding in (-1, pg_database.encoding)"
    ~ " and pg_database.encoding = pg_char_to_encoding('UTF8')"
) -%}
{%- set there = found.columns[0].values() | list -%}
{%- for name in names if name in there -%}
    {{ return('"' ~ name ~ '"') }}
{%- endfor -%}
{{ return('"default"') }}
{%- endmacro %}
