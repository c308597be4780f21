-- grain: one row per reading of a device
{{ config(
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'changed_keys'},
) }}
{{ union_input('device_readings') }}
