{{ config(
    enabled=is_listed_input(),
    tags=input_cadence(),
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'latest_loads'},
) }}
{%- set raw_columns = [
    "reading_id", "mac_address", "metric", "value", "unit", "recorded_ts",
] -%}
with telemetry as (

    select * from {{ source('devices', 'telemetry') }}

),

readings_read as (

    select
        {{ source_key('reading_id') }} as source_pk,
        {{ mac_address_key('mac_address') }} as device_source_pk,
        metric as metric_raw,
        {{ standardise_enum('metric', {
            'battery_percent': 'battery_percent',
            'usage_minutes': 'usage_minutes',
            'error_count': 'error_count',
        }) }} as metric,
        {{ source_key('unit') }} as unit,
        value as reading_value_raw,
        {{ parse_number('value') }} as reading_value,
        recorded_ts as recorded_at_raw,
        {{ parse_timestamp('recorded_ts', 'epoch_millis') }} as recorded_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from telemetry

)

select
    'devices:' || source_pk as device_reading_id,
    'devices' as source,
    'devices:' || device_source_pk as person_record_id,
    metric,
    unit,
    reading_value,
    false as is_deleted,
    {{ plausible_timestamp('recorded_at_read') }} as recorded_at,
    loaded_at,
    row_hash,
    {{ staging_issues(
        key='source_pk',
        enums=['metric'],
        numbers=['reading_value'],
        timestamps=['recorded_at']
    ) }} as quality_issues
from readings_read
{{ latest_loads() }}
