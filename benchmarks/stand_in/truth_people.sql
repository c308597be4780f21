-- grain: one row per person record
-- The truth of the sample stands in for the matcher: which record is whose, by record id. The sample
-- writes raw keys, and two sources' keys are personal, so these are hashed as their staging does.
with

person_records as (
    select
        source,
        record_type,
        person_id,
        case
            when source = 'email' then {{ email_key('source_pk') }}
            when source = 'devices' then {{ mac_address_key('source_pk') }}
            else source_pk
        end as source_key
    from {{ adapter.quote(target.database) }}.raw_truth.person_records
),

people_by_record as (
    select
        source || ':' || source_key as record_id,
        min(person_id) as person_id
    from person_records
    group by 1
)

select
    persons.record_id,
    persons.source,
    'cus_' || left(sha256(coalesce(people_by_record.person_id, persons.record_id)), 20)
        as customer_id
from {{ ref('int_persons_unioned') }} as persons
left join people_by_record on persons.record_id = people_by_record.record_id
