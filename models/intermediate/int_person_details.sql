-- grain: one row per person record, kind of detail and value
-- The history that golden fields need: a record that was touched yesterday may still say what was
-- true years ago, and what a record gave up is known to be old.
with

details as (
    {{ union_person_details() | indent(4) }}
),

suppressed as (
    select record_id from {{ ref('int_suppressed_records') }}
)

select
    details.record_id,
    details.detail_type,
    details.detail_value,
    details.is_current,
    details.given_at,
    details.replaced_at
from details
left join suppressed on details.record_id = suppressed.record_id
where suppressed.record_id is null
