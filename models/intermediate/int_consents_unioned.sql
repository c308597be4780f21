-- grain: one row per consent event
{{ union_contact_points('consents') }}
