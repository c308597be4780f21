-- grain: one row per privacy request
{{ union_contact_points('privacy_requests') }}
