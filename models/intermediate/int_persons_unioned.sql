-- grain: one row per person record
-- Country names and phone formats are reference data, which staging may not join; so these two
-- are made here, once for all sources.
with

received as (
    {{ union_input(
        'persons',
        without=['phone', 'country_code'],
        extra=[('country_raw', 'text'), ('default_country_code', 'text')],
    ) | indent(4) }}
),

country_names as (
    select
        country_alias,
        country_code
    from {{ ref('country_names') }}
),

ranked_phones as (
    select
        record_id,
        identifier_value as phone,
        row_number() over (
            partition by record_id
            order by last_seen_at desc nulls last, identifier_value asc nulls last
        ) as phone_rank
    from {{ ref('int_identifiers_unioned') }}
    where identifier_type = 'phone' and is_primary
),

primary_phones as (
    select
        record_id,
        phone
    from ranked_phones
    where phone_rank = 1
)

select
    received.record_id,
    received.source,
    received.source_pk,
    received.record_type,
    received.name_prefix,
    received.given_name,
    received.middle_name,
    received.family_name,
    received.name_suffix,
    received.full_name,
    received.gender,
    received.email_raw,
    received.email,
    received.phone_raw,
    primary_phones.phone,
    received.address_line_1,
    received.address_line_2,
    received.city,
    received.region,
    received.postal_code,
    coalesce(country_names.country_code, received.default_country_code) as country_code,
    received.company,
    received.job_title,
    received.national_id,
    received.language,
    received.time_zone,
    received.account_id,
    received.merged_into_record_id,
    received.birth_date_raw,
    received.birth_date,
    received.is_test_account,
    received.created_at,
    received.updated_at,
    received.loaded_at
from received
left join country_names
    on {{ country_alias('received.country_raw') }} = country_names.country_alias
left join primary_phones on received.record_id = primary_phones.record_id
