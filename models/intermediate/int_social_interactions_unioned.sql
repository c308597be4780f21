-- grain: one row per social interaction
{{ union_input('social_interactions') }}
