-- grain: one row per day, platform and ad campaign
{{ union_input('ad_spend') }}
