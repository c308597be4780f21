-- grain: one row per person record, identifier type and value, before the erasure gate
-- The gate needs the identifiers of a record to know whether it is suppressed, so they are
-- gathered first, from the columns that staging tags `meta: {identifier: …}` and from the staging
-- models at record x value that var sources.identifiers lists.
{{ union_identifiers() }}
