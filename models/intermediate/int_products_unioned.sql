-- grain: one row per product of a shop
{{ union_input('products') }}
