-- grain: one row per support ticket
{{ union_input('tickets') }}
