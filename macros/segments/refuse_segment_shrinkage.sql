{#
    Fails segment_memberships before it writes if a segment would lose more than var
    segment_max_shrink_share of its members: that is nearly always broken data, and their leaving
    would reach every channel at once. Merged customers are counted under the id they have now.
#}
{% macro refuse_segment_shrinkage() -%}
    {%- set members, aliases = ref('segment_members'), ref('retired_customers') -%}
    {%- if execute and is_incremental() and not var('allow_segment_shrink')
        and not flags.EMPTY and not flags.SAMPLE -%}
        {%- set shrunk = run_query(segment_shrinkage_query(this, members, aliases)) -%}
        {%- if shrunk.rows | length > 0 -%}
            {%- set lines = [] -%}
            {%- for row in shrunk.rows -%}
                {%- do lines.append('  - ' ~ row[0] ~ ': ' ~ row[1] ~ ' members, ' ~ row[2]
                    ~ ' of them would leave') -%}
            {%- endfor -%}
            {{- exceptions.raise_compiler_error(
                'Nothing was written to segment_memberships, because ' ~ shrunk.rows | length
                ~ ' segment(s) would lose more than '
                ~ (var('segment_max_shrink_share') * 100) | round(1) ~ ' % of their members:\n'
                ~ lines | join('\n')
                ~ '\nLook at the sources first (a missing load empties segments). If it is right,'
                ~ " run once with --vars '{allow_segment_shrink: true}'."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# Segments that would shrink too much: segment_name, members so far, members who would leave. #}
{% macro segment_shrinkage_query(memberships, members, aliases) -%}
    with

    remembered as (
        select distinct
            memberships.segment_name,
            coalesce(aliases.customer_id, memberships.customer_id_at_entry) as customer_id
        from {{ memberships }} as memberships
        left join {{ aliases }} as aliases
            on memberships.customer_id_at_entry = aliases.retired_customer_id
        where memberships.left_at is null
    ),

    sizes as (
        select
            remembered.segment_name,
            count(*) as member_count,
            sum(case when members.customer_id is null then 1 else 0 end) as leaving_count
        from remembered
        left join {{ members }} as members
            on
                remembered.segment_name = members.segment_name
                and remembered.customer_id = members.customer_id
        group by remembered.segment_name
    )

    select
        segment_name,
        member_count,
        leaving_count
    from sizes
    where
        member_count >= {{ var('segment_shrink_guard_min_members') }}
        and leaving_count > {{ var('segment_max_shrink_share') }} * member_count
    order by segment_name asc nulls last
{%- endmacro %}
