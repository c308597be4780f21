-- grain: one row per source, model, column, issue and run (its as_of)
-- A copy of what state remembers, so that BI tools that cannot read state have it too.
select
    source,
    model_name,
    column_name,
    issue,
    row_count,
    as_of
from {{ ref('data_quality_issues_recorded') }}
