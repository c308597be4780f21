-- grain: one row per source, staging model, column and issue
{{ input_issues() }}
