{{ config(
    enabled=is_listed_input(),
    tags=input_cadence(),
    materialized='incremental',
    incremental_strategy='hourly',
    on_schema_change='append_new_columns',
    meta={'hourly': 'latest_loads'},
) }}
{{ shop_order_items('shop_uk') }}
