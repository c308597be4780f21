{#
    The body of a CTE: one row per birthday that falls on the day of the clock or one of the
    `days` after it: month_number, day_number (as born), birthday_date (as celebrated). Who was
    born on 29 February celebrates on the 28th where the year has no 29th, so that a greeting is
    never late. A list of days rather than arithmetic on dates, which engines do differently.
#}
{% macro birthdays_ahead(days) -%}
    {%- set first = modules.datetime.datetime.strptime(as_of_text(), '%Y-%m-%d %H:%M:%S') -%}
    {%- set rows = [] -%}
    {%- for offset in range(days + 1) -%}
        {%- set day = first + modules.datetime.timedelta(days=offset) -%}
        {%- set next_day = day + modules.datetime.timedelta(days=1) -%}
        {%- do rows.append((day.month, day.day, day)) -%}
        {%- if day.month == 2 and day.day == 28 and next_day.month == 3 -%}
            {%- do rows.append((2, 29, day)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for month_number, day_number, day in rows %}
    select
        {{ month_number }} as month_number,
        {{ day_number }} as day_number,
        date '{{ day.strftime('%Y-%m-%d') }}' as birthday_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
