-- grain: one row per order line
{{ union_input('order_items') }}
