-- grain: one row per order or till receipt
{{ union_input('orders') }}
