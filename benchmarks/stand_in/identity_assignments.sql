-- grain: one row per change of a record's customer (here: one run, one row per record)
{{ config(materialized='table') }}
select
    truth_people.record_id || '@' || build_context.build_id as assignment_id,
    truth_people.record_id,
    truth_people.customer_id,
    cast(null as text) as previous_customer_id,
    'created' as change_type,
    build_context.build_id as run_id,
    cast(1 as bigint) as run_number,
    build_context.as_of as recorded_at
from {{ ref('truth_people') }} as truth_people
cross join {{ ref('int_build_context') }} as build_context
