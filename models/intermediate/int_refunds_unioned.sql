-- grain: one row per refund of an order or order line
{{ union_input('refunds') }}
