-- grain: one row per company account
-- Country names are reference data, which staging may not join.
with

received as (
    {{ union_input(
        'accounts',
        without=['country_code'],
        extra=[('country_raw', 'text'), ('default_country_code', 'text')],
    ) | indent(4) }}
),

country_names as (
    select
        country_alias,
        country_code
    from {{ ref('country_names') }}
)

select
    received.account_id,
    received.source,
    received.account_name,
    received.domain,
    received.industry,
    received.city,
    received.postal_code,
    coalesce(country_names.country_code, received.default_country_code) as country_code,
    received.employee_count,
    received.created_at,
    received.updated_at,
    received.loaded_at
from received
left join country_names
    on {{ country_alias('received.country_raw') }} = country_names.country_alias
