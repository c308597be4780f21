-- grain: one row per web, app or loyalty event
{{ union_input('events') }}
