{#
    Fails with one row per combination of the columns that stands in more than one row: the test
    of a grain that is no single column. A null counts as a value.
#}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
group by
    {{ columns | join(',\n    ') }}
having count(*) > 1
{% endtest %}
