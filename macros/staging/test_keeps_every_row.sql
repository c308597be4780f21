{#- Fails when a staging model has more or fewer rows than its raw table: staging cleans rows, it
    never drops one and never doubles one. `together_with` names a second model where the raw
    table is split in two. -#}
{% test keeps_every_row(model, raw, together_with=none) %}
with raw_rows as (

    select count(*) as row_count from {{ raw }}

),

staged_rows as (

    select count(*) as row_count from {{ model }}

){% if together_with is not none %},

other_staged_rows as (

    select count(*) as row_count from {{ together_with }}

){% endif %}

select
    raw_rows.row_count as raw_row_count,
    staged_rows.row_count as staged_row_count
from raw_rows
cross join staged_rows
{%- if together_with is not none %}
cross join other_staged_rows
where raw_rows.row_count <> staged_rows.row_count + other_staged_rows.row_count
{%- else %}
where raw_rows.row_count <> staged_rows.row_count
{%- endif %}
{% endtest %}
