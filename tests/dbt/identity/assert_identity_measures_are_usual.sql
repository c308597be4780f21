{{ config(severity='warn') }}
-- Outside its usual range a measure is a reason to look at identity_quality, not an error.
select
    measure,
    value,
    expected_low,
    expected_high
from {{ ref('identity_quality') }}
where value < expected_low or value > expected_high
