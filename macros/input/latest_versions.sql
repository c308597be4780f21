{#
    Two CTEs, <name>_judged and <name>_versions: every version of a staging row with its rank,
    where 1 is the version that counts.

    The latest by `loaded_at` wins. Versions that arrived at the same moment and differ contradict
    each other: no rule can say which is right, so all of them are set aside (version_rank is
    null) and the one before them, if any, counts. Identical repeats collapse into one.
    A row without a key has no rank either: it cannot be told from another.

    Adds to the columns of the staging model: is_deleted_version, is_conflict, version_rank.
#}
{% macro latest_versions(name, key) -%}
    {%- set provided = staging_columns(name) -%}
    {%- set loaded_at = 'loaded_at' if 'loaded_at' in provided else 'cast(null as timestamp)' -%}
    {%- set row_hash = 'row_hash' if 'row_hash' in provided else "''" -%}
    {%- set deleted = 'coalesce(is_deleted, false)' if 'is_deleted' in provided else 'false' -%}
    {{ name }}_judged as (
        select
            *,
            {{ deleted }} as is_deleted_version,
            min({{ row_hash }}) over (partition by {{ key }}, {{ loaded_at }})
            <> max({{ row_hash }}) over (partition by {{ key }}, {{ loaded_at }}) as is_conflict
        from {{ ref(name) }}
    ),

    {{ name }}_versions as (
        select
            *,
            case
                when not is_conflict and {{ key }} is not null
                    then row_number() over (
                        partition by {{ key }}, is_conflict
                        order by {{ loaded_at }} desc nulls last, {{ row_hash }} asc nulls last
                    )
            end as version_rank
        from {{ name }}_judged
    ),
{%- endmacro %}
