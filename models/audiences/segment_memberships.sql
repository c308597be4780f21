-- grain: one row per segment, customer at entry and time of entry
-- STATE: who was in which segment from when to when cannot be rebuilt. The row keeps the id under
-- which the customer entered; customer_id is who that is now, so a merge is neither leaving nor
-- entering. Each run writes only what changed: entries, departures and ids that resolve anew.
-- Nothing is written under --empty or --sample, for a clock before the last change, or when
-- a segment shrinks beyond segment_max_shrink_share (refuse_segment_shrinkage fails the run).
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='membership_id',
    on_schema_change='append_new_columns',
    full_refresh=false,
    schema='cdp_state',
    pre_hook='{{ refuse_segment_shrinkage() }}',
) }}
with

segment_members as (
    select
        segment_name,
        customer_id
    from {{ ref('segment_members') }}
),

aliases as (
    select
        retired_customer_id,
        customer_id
    from {{ ref('retired_customers') }}
),

remembered as (
    {%- if is_incremental() %}
    select
        membership_id,
        segment_name,
        customer_id,
        customer_id_at_entry,
        entered_at,
        left_at
    from {{ this }}
    {%- else %}
        select
            cast(null as text) as membership_id,
            cast(null as text) as segment_name,
            cast(null as text) as customer_id,
            cast(null as text) as customer_id_at_entry,
            cast(null as {{ type_timestamp() }}) as entered_at,
            cast(null as {{ type_timestamp() }}) as left_at
        where 1 = 0
    {%- endif %}
),

remembered_now as (
    select
        remembered.membership_id,
        remembered.segment_name,
        remembered.customer_id,
        remembered.customer_id_at_entry,
        remembered.entered_at,
        remembered.left_at,
        coalesce(aliases.customer_id, remembered.customer_id_at_entry) as current_customer_id
    from remembered
    left join aliases on remembered.customer_id_at_entry = aliases.retired_customer_id
),

entries as (
    select
        md5(
            segment_members.segment_name || '/' || segment_members.customer_id || '/'
            || '{{ as_of_text() }}'
        ) as membership_id,
        segment_members.segment_name,
        segment_members.customer_id,
        segment_members.customer_id as customer_id_at_entry,
        {{ as_of() }} as entered_at,
        cast(null as {{ type_timestamp() }}) as left_at
    from segment_members
    left join remembered_now
        on
            segment_members.segment_name = remembered_now.segment_name
            and segment_members.customer_id = remembered_now.current_customer_id
            and remembered_now.left_at is null
    where remembered_now.membership_id is null
),

remembered_as_it_should_be as (
    select
        remembered_now.membership_id,
        remembered_now.segment_name,
        remembered_now.customer_id as remembered_customer_id,
        remembered_now.current_customer_id as customer_id,
        remembered_now.customer_id_at_entry,
        remembered_now.entered_at,
        remembered_now.left_at as remembered_left_at,
        case
            when remembered_now.left_at is not null then remembered_now.left_at
            when segment_members.customer_id is null then {{ as_of() }}
        end as left_at
    from remembered_now
    left join segment_members
        on
            remembered_now.segment_name = segment_members.segment_name
            and remembered_now.current_customer_id = segment_members.customer_id
),

changes as (
    select
        membership_id,
        segment_name,
        customer_id,
        customer_id_at_entry,
        entered_at,
        left_at
    from entries
    union all
    select
        membership_id,
        segment_name,
        customer_id,
        customer_id_at_entry,
        entered_at,
        left_at
    from remembered_as_it_should_be
    where
        customer_id <> remembered_customer_id
        or (left_at is not null and remembered_left_at is null)
),

last_changes as (
    select max(coalesce(left_at, entered_at)) as last_changed_at
    from remembered
)

select
    changes.membership_id,
    changes.segment_name,
    changes.customer_id,
    changes.customer_id_at_entry,
    changes.entered_at,
    changes.left_at
from changes
cross join last_changes
where
    coalesce(last_changes.last_changed_at <= {{ as_of() }}, true)
    and {{ 'false' if flags.EMPTY or flags.SAMPLE else 'true' }}
