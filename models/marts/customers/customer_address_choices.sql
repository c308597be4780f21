-- grain: one row per customer and person record with an address
-- Why a customer's golden address is the one it is. First the place (postal code and house number)
-- with the weightiest evidence, then the record that spells it best: as most of the customer's own
-- records do, else as most records of the company spell the street, which outvotes a typing error.
-- An address is always taken whole.
with

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

details as (
    select
        record_id,
        detail_value as place,
        is_current,
        given_at,
        replaced_at
    from {{ ref('int_person_details') }}
    where detail_type = 'address'
),

records as (
    select
        identity_map.customer_id,
        persons.record_id,
        persons.source,
        persons.record_type,
        persons.address_line_1,
        persons.address_line_2,
        persons.city,
        persons.region,
        persons.postal_code,
        persons.country_code,
        {{ place_of('persons.address_line_1', 'persons.postal_code') }} as place,
        {{ golden_group_completeness('address', 'persons') | indent(8) }} as completeness,
        coalesce(persons.updated_at, persons.created_at, persons.loaded_at) as changed_at
    from {{ ref('int_persons_unioned') }} as persons
    inner join identity_map on persons.record_id = identity_map.record_id
    where {{ golden_group_completeness('address', 'persons') | indent(8) }} > 0
),

spelled as (
    select
        records.*,
        {{ lower_text("records.address_line_1") }} as spelling,
        trim({{ regexp_replace_all(lower_text("records.address_line_1"), '[0-9.,]+', '') }})
            as street,
        coalesce(details.given_at, records.changed_at) as given_at
    from records
    left join details
        on
            records.record_id = details.record_id
            and records.place = details.place
            and details.is_current
),

spellings as (
    select
        spelled.*,
        count(*) over (
            partition by spelled.customer_id, spelled.place, spelled.spelling
        ) as own_spelling_count,
        count(*) over (
            partition by spelled.country_code, spelled.street
        ) as street_count,
        min({{ source_rank('spelled.source') }}) over (
            partition by spelled.customer_id, spelled.place
        ) as best_source_rank
    from spelled
),

given_up as (
    select
        identity_map.customer_id,
        details.place,
        max(details.replaced_at) as replaced_at
    from details
    inner join identity_map on details.record_id = identity_map.record_id
    where details.replaced_at is not null
    group by identity_map.customer_id, details.place
),

weighed as (
    select
        spelled.customer_id,
        spelled.place,
        max(given_up.replaced_at) as replaced_at,
        max(spelled.given_at) as last_confirmed_at,
        sum(
            {{ golden_evidence_weight(
                "case when spelled.record_type = 'interaction' then 0.7 else 1.0 end",
                'spelled.given_at', 'given_up.replaced_at'
            ) | indent(12) }}
        ) as evidence_score
    from spelled
    left join given_up
        on
            spelled.customer_id = given_up.customer_id
            and spelled.place = given_up.place
    where spelled.place is not null
    group by spelled.customer_id, spelled.place
)

select
    spellings.customer_id,
    spellings.record_id,
    spellings.source,
    spellings.address_line_1,
    spellings.address_line_2,
    spellings.city,
    spellings.region,
    spellings.postal_code,
    spellings.country_code,
    row_number() over (
        partition by spellings.customer_id
        order by
            spellings.completeness desc nulls last,
            spellings.best_source_rank asc nulls last,
            weighed.evidence_score desc nulls last,
            weighed.last_confirmed_at desc nulls last,
            spellings.place asc nulls last,
            spellings.own_spelling_count desc nulls last,
            spellings.street_count desc nulls last,
            {{ source_rank('spellings.source') | indent(12) }} asc nulls last,
            spellings.record_type desc nulls last,
            spellings.changed_at desc nulls last,
            spellings.record_id asc nulls last
    ) as choice_rank,
    cast(coalesce(weighed.evidence_score, 0) as numeric(18, 6)) as evidence_score,
    weighed.last_confirmed_at,
    weighed.replaced_at,
    spellings.changed_at
from spellings
left join weighed
    on
        spellings.customer_id = weighed.customer_id
        and spellings.place = weighed.place
