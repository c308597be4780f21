-- grain: one row per e-mail event
{{ union_input('email_events') }}
