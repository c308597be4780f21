-- grain: one row per survey response
{{ union_input('survey_responses') }}
