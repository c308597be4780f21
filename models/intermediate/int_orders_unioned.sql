-- grain: one row per order or till receipt
{{ config(
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'changed_keys'},
) }}
{{ union_input('orders') }}
