{#
    Tombstones of erased people are keyed hashes: under another key they would recognise nobody,
    and everyone who was erased would come back with the next load, unseen. So a run with another
    key stops before it reads anything.
#}
{% macro refuse_changed_hash_key() -%}
    {%- if execute and flags.WHICH in ['run', 'build'] -%}
        {%- set found = run_query(
            "select count(*) from " ~ state_relation('suppressed_identifiers')
            ~ " where key_version <> substr(" ~ keyed_hash("'key_version'") ~ ", 1, 8)"
        ) -%}
        {%- set count = found.columns[0].values()[0] | int -%}
        {%- if count > 0 -%}
            {{- exceptions.raise_compiler_error(
                count ~ " tombstones of erased people were made with another hash key: under this"
                ~ " one those people would come back. Set CDP_HASH_KEY to the key that was used"
                ~ " when they were erased"
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
