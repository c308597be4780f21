-- grain: one row per customer
-- Golden fields are chosen per group of fields that belong together (macros/definitions/
-- golden_record.sql). E-mail and address, which change in a life, are weighed in models of their
-- own that also say why. E-mail and phone come from the identifiers instead of the records,
-- because a record may hold several and identity knows which of them identify nobody.
with

persons as (
    select * from {{ ref('int_persons_unioned') }}
),

identity_map as (
    select
        record_id,
        customer_id
    from {{ ref('identity_map') }}
),

identifiers as (
    select
        record_id,
        source,
        identifier_value,
        is_primary,
        is_verified,
        last_seen_at
    from {{ ref('identity_identifiers') }}
    where identifier_type = 'phone' and not coalesce(is_blocked, false)
),

orders as (
    select
        orders.customer_id,
        {{ order_moment('orders') }} as ordered_at
    from {{ ref('orders') }} as orders
    where orders.is_counted and orders.customer_id is not null
),

events as (
    select
        customer_id,
        occurred_at
    from {{ ref('customer_events') }}
    where is_by_customer and customer_id is not null
),

mapped_records as (
    select
        identity_map.customer_id,
        persons.record_id,
        persons.source,
        persons.record_type,
        coalesce(persons.updated_at, persons.created_at, persons.loaded_at) as changed_at
    from persons
    inner join identity_map on persons.record_id = identity_map.record_id
),

records_ranked as (
    {{ ranked_records('mapped_records') | indent(4) }}
),

records as (
    select
        persons.*,
        records_ranked.customer_id,
        records_ranked.changed_at,
        records_ranked.standing,
        records_ranked.record_rank
    from persons
    inner join records_ranked on persons.record_id = records_ranked.record_id
),

{% for group in golden_groups() %}
    said_of_{{ group }} as (
        {{ said_of_group(group, 'records') }}
    ),

    {{ group }}_ranked as (
        {{ ranked_for_group('said_of_' ~ group) }}
    ),

    golden_{{ group }} as (
        {{ golden_group(group, group ~ '_ranked', 'records') }}
    ),

{% endfor %}
phones as (
    select
        identifiers.*,
        identity_map.customer_id,
        row_number() over (
            partition by identity_map.customer_id
            order by
                coalesce(identifiers.is_verified, false) desc nulls last,
                coalesce(identifiers.is_primary, false) desc nulls last,
                {{ source_rank('identifiers.source') | indent(16) }} asc nulls last,
                identifiers.last_seen_at desc nulls last,
                identifiers.record_id asc nulls last,
                identifiers.identifier_value asc nulls last
        ) as contact_rank
    from identifiers
    inner join identity_map on identifiers.record_id = identity_map.record_id
),

golden_email as (
    select
        customer_id,
        email,
        source as email_source,
        record_id as email_record_id,
        last_seen_at as email_updated_at,
        is_verified as is_email_verified
    from {{ ref('customer_email_choices') }}
    where choice_rank = 1
),

golden_address as (
    select
        customer_id,
        address_line_1,
        address_line_2,
        city,
        region,
        postal_code,
        country_code,
        source as address_source,
        record_id as address_record_id,
        changed_at as address_updated_at
    from {{ ref('customer_address_choices') }}
    where choice_rank = 1
),

golden_phone as (
    select
        customer_id,
        identifier_value as phone,
        source as phone_source,
        record_id as phone_record_id,
        last_seen_at as phone_updated_at,
        coalesce(is_verified, false) as is_phone_verified
    from phones
    where contact_rank = 1
),

-- Counted over the map, so that a customer is there even if nothing but the id is known.
record_counts as (
    select
        identity_map.customer_id,
        count(*) as record_count,
        count(distinct records.source) as source_count,
        bool_or(coalesce(records.is_test_account, false)) as is_test_account,
        min(coalesce(records.created_at, records.changed_at)) as first_recorded_at,
        max(records.changed_at) as last_recorded_at
    from identity_map
    left join records on identity_map.record_id = records.record_id
    group by identity_map.customer_id
),

order_spans as (
    select
        customer_id,
        count(*) as order_count,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at
    from orders
    group by customer_id
),

event_spans as (
    select
        customer_id,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    group by customer_id
)

select
    record_counts.customer_id,
    coalesce(
        nullif(
            {{ string_concat_ws(' ', ['golden_name.given_name', 'golden_name.family_name']) }}, ''
        ),
        golden_full_name.full_name
    ) as display_name,
    golden_name.name_prefix,
    golden_name.given_name,
    golden_name.middle_name,
    golden_name.family_name,
    golden_name.name_suffix,
    golden_name.name_source,
    golden_name.name_record_id,
    golden_gender.gender,
    golden_gender.gender_source,
    golden_gender.gender_record_id,
    golden_email.email,
    golden_email.email_source,
    golden_email.email_record_id,
    golden_phone.phone,
    golden_phone.phone_source,
    golden_phone.phone_record_id,
    golden_address.address_line_1,
    golden_address.address_line_2,
    golden_address.city,
    golden_address.region,
    golden_address.postal_code,
    golden_address.country_code,
    golden_address.address_source,
    golden_address.address_record_id,
    golden_language.language,
    golden_language.language_source,
    golden_language.language_record_id,
    golden_birth_date.birth_date_source,
    golden_birth_date.birth_date_record_id,
    {{ lifecycle_stage(
        'order_spans.order_count', 'order_spans.first_ordered_at', 'order_spans.last_ordered_at'
    ) }} as lifecycle_stage,
    record_counts.record_count,
    record_counts.source_count,
    record_counts.is_test_account,
    coalesce(golden_email.is_email_verified, false) as is_email_verified,
    coalesce(golden_phone.is_phone_verified, false) as is_phone_verified,
    golden_birth_date.birth_date,
    least(
        record_counts.first_recorded_at, order_spans.first_ordered_at, event_spans.first_event_at
    ) as first_seen_at,
    greatest(
        record_counts.last_recorded_at, order_spans.last_ordered_at, event_spans.last_event_at
    ) as last_seen_at,
    golden_name.name_updated_at,
    golden_gender.gender_updated_at,
    golden_email.email_updated_at,
    golden_phone.phone_updated_at,
    golden_address.address_updated_at,
    golden_language.language_updated_at,
    golden_birth_date.birth_date_updated_at
from record_counts
left join golden_name on record_counts.customer_id = golden_name.customer_id
left join golden_full_name on record_counts.customer_id = golden_full_name.customer_id
left join golden_gender on record_counts.customer_id = golden_gender.customer_id
left join golden_email on record_counts.customer_id = golden_email.customer_id
left join golden_phone on record_counts.customer_id = golden_phone.customer_id
left join golden_address on record_counts.customer_id = golden_address.customer_id
left join golden_language on record_counts.customer_id = golden_language.customer_id
left join golden_birth_date on record_counts.customer_id = golden_birth_date.customer_id
left join order_spans on record_counts.customer_id = order_spans.customer_id
left join event_spans on record_counts.customer_id = event_spans.customer_id
