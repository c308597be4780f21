-- grain: one row per call note
{{ union_input('call_notes') }}
