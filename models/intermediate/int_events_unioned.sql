-- grain: one row per web, app or loyalty event
{{ config(
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'changed_keys'},
) }}
{{ union_input('events') }}
