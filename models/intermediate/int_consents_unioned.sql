-- grain: one row per consent event
{{ union_input('consents') }}
