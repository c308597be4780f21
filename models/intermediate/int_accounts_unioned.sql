-- grain: one row per company account
{{ union_input('accounts') }}
