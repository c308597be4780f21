-- grain: one row per privacy request
{{ union_input('privacy_requests') }}
