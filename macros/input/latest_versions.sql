{#
    CTEs that end in <name>_versions: every version of a staging row with its rank, where 1 is the
    version that counts.

    The latest by `loaded_at` wins. Versions that arrived at the same moment and differ contradict
    each other: no rule can say which is right, so all of them are set aside (version_rank is
    null) and the one before them, if any, counts. Identical repeats collapse into one.
    A row without a key has no rank either: it cannot be told from another.

    Setting a denial aside would widen what a person allowed. So of contradicting versions of an
    entity about consent the most restrictive one that closes anything stays (see restriction_rank);
    the others are conflicts as everywhere.

    Nearly every row has one version, and sorting all of them to find that out cost half as much
    again as reading them: only keys that occur twice are judged. The table is read once for the
    keys and once for either kind of row, which costs less than a copy of all rows in between.

    only_changed: only keys of which a row was loaded lately, but all their versions (hourly_runs).

    Adds to the columns of the staging model: is_deleted_version, is_conflict, version_rank.
#}
{% macro latest_versions(name, key, entity=none, only_changed=false) -%}
    {%- set provided = staging_columns(name) -%}
    {%- set restriction = restriction_rank(entity, provided) -%}
    {%- set loaded_at = 'loaded_at' if 'loaded_at' in provided else 'cast(null as timestamp)' -%}
    {%- set row_hash = 'row_hash' if 'row_hash' in provided else "''" -%}
    {%- set deleted = 'coalesce(is_deleted, false)' if 'is_deleted' in provided else 'false' -%}
    {{ name }}_received as {{ '' if only_changed else 'not materialized ' }}(
        select
            *,
            {{ deleted }} as is_deleted_version
        from {{ ref(name) }}
        {%- if only_changed %}
        where {{ key }} in ({{ changed_keys(name, key) | indent(8) }})
        {%- endif %}
    ),

    {{ name }}_repeated as (
        select {{ key }} as repeated_key
        from {{ name }}_received
        where {{ key }} is not null
        group by {{ key }}
        having count(*) > 1
    ),

    {{ name }}_judged as (
        select
            *,
            min({{ row_hash }}) over (partition by {{ key }}, {{ loaded_at }})
            <> max({{ row_hash }}) over (partition by {{ key }}, {{ loaded_at }})
            {%- if restriction %}
            and not (
                {{ restriction }} is not null
                and {{ row_hash }} = first_value({{ row_hash }}) over (
                    partition by {{ key }}, {{ loaded_at }}
                    order by {{ restriction }} asc nulls last, {{ row_hash }} asc nulls last
                )
            )
            {%- endif %} as is_conflict
        from {{ name }}_received
        where {{ key }} in (select repeated.repeated_key from {{ name }}_repeated as repeated)
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
        union all
        select
            *,
            false as is_conflict,
            cast(case when {{ key }} is not null then 1 end as bigint) as version_rank
        from {{ name }}_received
        where
            {{ key }} is null
            or {{ key }} not in (select repeated.repeated_key from {{ name }}_repeated as repeated)
    ),
{%- endmacro %}


{#
    What two rows of a staging model have in common when they are versions of one thing, as an
    expression: the key that is the model's first column, or, of identifiers in a table of their
    own, the record with the value, since a record has several.
#}
{% macro version_key(entity, provided) -%}
    {%- if not provided -%}{{- return('parse_only') -}}{%- endif -%}
    {%- if entity != 'identifiers' -%}{{- return((provided.keys() | list)[0]) -}}{%- endif -%}
    {{- return("record_id || '/' || identifier_type || '/' || identifier_value") -}}
{%- endmacro %}


{#
    How much a version of an entity about consent closes, 0 the most; null if it closes nothing.
    An expression over a staging model's columns; none for entities that say nothing of consent.
#}
{% macro restriction_rank(entity, provided) -%}
    {%- set columns = {} -%}
    {%- for column in [
        'contact_point', 'contact_point_type', 'email', 'event_type', 'status', 'purpose',
        'channel', 'request_type',
    ] -%}
        {%- do columns.update(
            {column: column if column in provided else 'cast(null as text)'}
        ) -%}
    {%- endfor -%}
    {#- Phones are read later; an e-mail that nobody can read closes nothing beside one that is. -#}
    {%- set unread_address -%}
        case
            when {{ columns.contact_point }} is null
                and coalesce({{ columns.contact_point_type }}, '') <> 'phone'
                then 8
            else 0
        end
    {%- endset -%}
    {%- set ranks = {} -%}
    {%- do ranks.update({'consents': (
        "case when coalesce(" ~ columns.status ~ ", '') <> 'granted' then " ~ unread_address
        ~ " + case when " ~ columns.purpose ~ " is null then 0 else 2 end"
        ~ " + case when coalesce(" ~ columns.channel ~ ", 'any') = 'any' then 0 else 1 end end"
    )}) -%}
    {%- do ranks.update({'email_events': (
        "case when " ~ columns.event_type ~ " in ('unsubscribed', 'complained', 'bounced') then "
        ~ "case " ~ columns.event_type
        ~ " when 'complained' then 0 when 'unsubscribed' then 1 else 2 end"
        ~ " + case when " ~ columns.email ~ " is null then 8 else 0 end end"
    )}) -%}
    {%- do ranks.update({'privacy_requests': (
        "case when " ~ columns.request_type ~ " in ('erasure', 'objection')"
        ~ " and coalesce(" ~ columns.status ~ ", 'open') <> 'rejected' then " ~ unread_address
        ~ " + case " ~ columns.request_type ~ " when 'erasure' then 0 else 4 end"
        ~ " + case coalesce(" ~ columns.status
        ~ ", 'open') when 'open' then 0 when 'verified' then 1 else 2 end end"
    )}) -%}
    {%- if entity not in ranks -%}{{- return(none) -}}{%- endif -%}
    {#- What its source deleted in that version is not there to close anything. -#}
    {%- set rank -%}
        case when not {{ 'coalesce(is_deleted, false)' if 'is_deleted' in provided else 'false' }}
        then {{ ranks[entity] }} end
    {%- endset -%}
    {{- return(rank) -}}
{%- endmacro %}
