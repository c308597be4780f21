-- A value that identifies nobody must not have decided a pair by itself.
with

blocked as (
    select
        record_id,
        identifier_type
    from {{ ref('identity_identifiers') }}
    where is_blocked
),

usable as (
    select
        record_id,
        identifier_type
    from {{ ref('identity_identifiers') }}
    where not is_blocked
)

select
    links.left_record_id,
    links.right_record_id
from {{ ref('identity_links') }} as links
inner join blocked
    on
        links.left_record_id = blocked.record_id
        and links.rule in (
            'same_' || blocked.identifier_type,
            'nameless_same_' || blocked.identifier_type
        )
left join usable
    on
        blocked.record_id = usable.record_id
        and blocked.identifier_type = usable.identifier_type
where links.decision = 'linked' and usable.record_id is null
