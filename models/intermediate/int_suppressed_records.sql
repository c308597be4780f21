-- grain: one row per person record that an erasure suppresses
-- Only keyed hashes of erased people's identifiers are kept, so the values that arrive are hashed
-- with the same key and compared.
with

received as (
    select
        record_id,
        identifier_type,
        identifier_value
    from {{ ref('int_identifiers_received') }}
),

suppressed_identifiers as (
    select identifier_hash from {{ source('cdp_state', 'suppressed_identifiers') }}
),

hashed as (
    select
        record_id,
        {{ keyed_hash("identifier_type || ':' || identifier_value") }} as identifier_hash
    from received
)

select distinct hashed.record_id
from hashed
inner join suppressed_identifiers
    on hashed.identifier_hash = suppressed_identifiers.identifier_hash
