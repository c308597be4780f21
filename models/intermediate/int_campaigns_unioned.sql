-- grain: one row per campaign
{{ union_input('campaigns') }}
