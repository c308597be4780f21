-- Allowed and held back add up to everyone who was considered.
with

holdbacks as (
    select
        sync_name,
        row_count
    from {{ ref('activation_holdbacks') }}
),

customers as (
    select count(*) as row_count from {{ ref('customers') }}
),

segment_members as (
    select count(*) as row_count
    from {{ ref('segment_members') }}
    where segment_name in (
        {%- for segment in var('advertising_segments') %}
            '{{ segment }}',
        {%- endfor %}
        ''
    )
),

counted as (
    select
        sync_name,
        sum(row_count) as row_count
    from holdbacks
    group by sync_name
),

considered as (
    select
        'sync_email__contacts' as sync_name,
        row_count
    from customers
    union all
    select
        'sync_ads__audience_members' as sync_name,
        row_count
    from segment_members
)

select
    considered.sync_name,
    considered.row_count,
    counted.row_count as counted_row_count
from considered
left join counted on considered.sync_name = counted.sync_name
where considered.row_count <> coalesce(counted.row_count, 0)
