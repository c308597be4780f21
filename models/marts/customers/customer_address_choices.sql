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

-- Not materialized: read twice, for the judgement and for the text of what was judged.
persons as not materialized (
    select * from {{ ref('int_persons_unioned') }}
),

records as (
    select
        identity_map.customer_id,
        persons.record_id,
        persons.record_type,
        persons.country_code,
        {{ lower_text('persons.address_line_1') }} as spelling,
        {{ place_of('persons.address_line_1', 'persons.postal_code') }} as place,
        {{ source_rank('persons.source') | indent(8) }} as source_rank,
        {{ golden_group_completeness('address', 'persons') | indent(8) }} as completeness,
        coalesce(persons.updated_at, persons.created_at, persons.loaded_at) as changed_at
    from persons
    inner join identity_map on persons.record_id = identity_map.record_id
    where {{ golden_group_completeness('address', 'persons') | indent(8) }} > 0
),

-- A street has no digits left, so '0' stands for none.
spelled as (
    select
        records.*,
        coalesce(trim({{ regexp_replace_all('records.spelling', '[0-9.,]+', '') }}), '0')
            as street,
        coalesce(details.given_at, records.changed_at) as given_at
    from records
    left join details
        on
            records.record_id = details.record_id
            and records.place = details.place
            and details.is_current
),

own_spellings as (
    select
        customer_id,
        place,
        spelling,
        count(*) as own_spelling_count
    from spelled
    group by customer_id, place, spelling
),

streets as (
    select
        country_code,
        street,
        count(*) as street_count
    from spelled
    group by country_code, street
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

places as (
    select
        spelled.customer_id,
        spelled.place,
        min(spelled.source_rank) as best_source_rank,
        max(given_up.replaced_at) as replaced_at,
        max(case when spelled.place is not null then spelled.given_at end) as last_confirmed_at,
        sum(
            case
                when spelled.place is not null then
                    {{ golden_evidence_weight(
                        "case when spelled.record_type = 'interaction' then 0.7 else 1.0 end",
                        'spelled.given_at', 'given_up.replaced_at'
                    ) | indent(20) }}
            end
        ) as evidence_score
    from spelled
    left join given_up
        on
            spelled.customer_id = given_up.customer_id
            and spelled.place = given_up.place
    group by spelled.customer_id, spelled.place
),

-- Ids and what decides only: text that a window carries is sorted with it.
ranked as (
    select
        spelled.customer_id,
        spelled.record_id,
        row_number() over (
            partition by spelled.customer_id
            order by
                spelled.completeness desc nulls last,
                places.best_source_rank asc nulls last,
                places.evidence_score desc nulls last,
                places.last_confirmed_at desc nulls last,
                spelled.place asc nulls last,
                own_spellings.own_spelling_count desc nulls last,
                streets.street_count desc nulls last,
                spelled.source_rank asc nulls last,
                spelled.record_type desc nulls last,
                spelled.changed_at desc nulls last,
                spelled.record_id asc nulls last
        ) as choice_rank,
        places.evidence_score,
        places.last_confirmed_at,
        places.replaced_at,
        spelled.changed_at
    from spelled
    inner join places
        on
            spelled.customer_id = places.customer_id
            and spelled.place is not distinct from places.place
    inner join own_spellings
        on
            spelled.customer_id = own_spellings.customer_id
            and spelled.place is not distinct from own_spellings.place
            and spelled.spelling is not distinct from own_spellings.spelling
    inner join streets
        on
            spelled.street = streets.street
            and spelled.country_code is not distinct from streets.country_code
)

select
    ranked.customer_id,
    ranked.record_id,
    persons.source,
    persons.address_line_1,
    persons.address_line_2,
    persons.city,
    persons.region,
    persons.postal_code,
    persons.country_code,
    ranked.choice_rank,
    cast(coalesce(ranked.evidence_score, 0) as numeric(18, 6)) as evidence_score,
    ranked.last_confirmed_at,
    ranked.replaced_at,
    ranked.changed_at
from ranked
inner join persons on ranked.record_id = persons.record_id
