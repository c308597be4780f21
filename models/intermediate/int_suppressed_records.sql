-- grain: one row per person record that an erasure suppresses
-- Only keyed hashes of erased people's identifiers and record ids are kept, so what arrives is
-- hashed with the same key and compared. A record without any identifier is known by its id alone.
with

suppressed_by_identifier as (
    select record_id
    from {{ ref('int_identifiers_received') }}
    where is_suppressed
),

received as (
    {%- for name in input_models('persons') %}
        select record_id
        from {{ ref(name) }}
        {{ 'union all' if not loop.last }}
    {%- else %}
        select cast(null as text) as record_id
        where 1 = 0
    {%- endfor %}
),

suppressed_by_record as (
    select record_id
    from received
    where {{ is_suppressed_value("'record'", 'record_id') }}
)

select record_id
from suppressed_by_identifier
union
select record_id
from suppressed_by_record
