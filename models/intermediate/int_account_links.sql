-- grain: one row per person record and period in which it belonged to one company account
{{ union_account_links() }}
