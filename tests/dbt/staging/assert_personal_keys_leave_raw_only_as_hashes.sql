-- A subscriber is known by the e-mail address, a device by its MAC address. Both are personal, so
-- what leaves staging as a key is a keyed hash: 32 hexadecimal digits, and one for all spellings.
with

subscribers as (

    select source_pk from {{ ref('stg_email__subscribers') }}

),

devices as (

    select source_pk from {{ ref('stg_devices__registrations') }}

),

raw_devices as (

    select mac_address from {{ source('devices', 'registrations') }}

),

malformed_keys as (

    select source_pk as problem
    from subscribers
    where not {{ regexp_like('source_pk', '^[0-9a-f]{32}$') }}

    union all

    select source_pk as problem
    from devices
    where not {{ regexp_like('source_pk', '^[0-9a-f]{32}$') }}

),

device_keys as (

    select count(distinct source_pk) as key_count
    from devices

),

device_addresses as (

    select
        count(distinct {{ regexp_replace_all('lower(mac_address)', '[^0-9a-f]', '') }})
            as address_count
    from raw_devices

)

select problem from malformed_keys

union all

select 'a device has two keys, or two share one' as problem
from device_keys
cross join device_addresses
where device_keys.key_count <> device_addresses.address_count
