{#
    Who belonged to which company account from when to when, as the versions of their records say:
    one row per person record and unbroken period.

    A version holds from the moment it was true (seen_at) until the next one that says otherwise;
    what a deleted version says is nothing. Versions are read in the order in which they were
    loaded, and a later one never begins before an earlier one. Versions that contradict each
    other at one moment are set aside (latest_versions).
#}
{% macro union_account_links() -%}
    {%- set links = [] -%}
    with

    {% for name in input_models('persons') -%}
    {%- set provided = staging_columns(name) -%}
    {%- if 'account_id' in provided -%}
    {%- do links.append(name ~ '_account_links') -%}
    {{ latest_versions(name, 'record_id') }}

    {{ name }}_account_links as (
        select
            record_id,
            source,
            case when not is_deleted_version then account_id end as account_id,
            version_rank,
            {{ seen_at(provided) }} as seen_at
        from {{ name }}_versions
        where version_rank is not null
    ),

    {% endif -%}
    {%- endfor -%}
    gathered as (
        {%- for link in links %}
        select
            record_id,
            source,
            account_id,
            version_rank,
            seen_at
        from {{ link }}
        {{ 'union all' if not loop.last }}
        {%- else %}
        select
            cast(null as text) as record_id,
            cast(null as text) as source,
            cast(null as text) as account_id,
            cast(null as bigint) as version_rank,
            cast(null as timestamp) as seen_at
        where 1 = 0
        {%- endfor %}
    ),

    versions as (
        select
            gathered.record_id,
            gathered.source,
            gathered.account_id,
            gathered.version_rank,
            max(gathered.seen_at) over (
                partition by gathered.record_id
                order by gathered.version_rank desc nulls last
                rows between unbounded preceding and current row
            ) as valid_from,
            lag(gathered.account_id) over (
                partition by gathered.record_id
                order by gathered.version_rank desc nulls last
            ) as previous_account_id
        from gathered
        {{ erasure_gate('gathered', [('record_id', 'text')]) }}
    ),

    periods as (
        select
            record_id,
            source,
            account_id,
            valid_from,
            lead(valid_from) over (
                partition by record_id
                order by version_rank desc nulls last
            ) as valid_to
        from versions
        where coalesce(account_id, '') <> coalesce(previous_account_id, '')
    )

    select
        record_id,
        source,
        account_id,
        valid_from,
        valid_to
    from periods
    where account_id is not null and coalesce(valid_to > valid_from, true)
{%- endmacro %}
