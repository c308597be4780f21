{#- What a staging row could not read, as the one text column `quality_issues`.

    Works by the names that staging models give: for a column `x` the raw text is `x_raw`; a value
    is `x`; a timestamp or birth date before its range was checked is `x_read`. The load time is
    always looked at (`loaded_at_raw`, `loaded_at`).

    key         column that identifies the row; null is missing_key
    emails      e-mail columns: text that is no address is invalid_email
    enums       columns with a closed list of values: any other text is unknown_value
    timestamps  unparseable_timestamp, future_timestamp, implausible_timestamp
    dates       plain dates: unparseable_date
    birth_dates unparseable_date, future_timestamp, implausible_timestamp
    numbers     unparseable_number
    documents   JSON columns, by their raw name: invalid_json
-#}
{% macro staging_issues(
    key, emails=[], enums=[], timestamps=[], dates=[], birth_dates=[], numbers=[], documents=[]
) -%}
    {%- set checks = [{"when": key ~ " is null", "column": key, "issue": "missing_key"}] -%}
    {%- for column in documents -%}
        {%- do checks.append({
            "when": has_value(column ~ "_raw") ~ " and not is_" ~ column ~ "_readable",
            "column": column, "issue": "invalid_json",
        }) -%}
    {%- endfor -%}
    {%- for column in emails -%}
        {%- do checks.append(unread_value(column, column, "invalid_email")) -%}
    {%- endfor -%}
    {%- for column in enums -%}
        {%- do checks.append(unread_value(column, column, "unknown_value")) -%}
    {%- endfor -%}
    {%- for column in numbers -%}
        {%- do checks.append(unread_value(column, column, "unparseable_number")) -%}
    {%- endfor -%}
    {%- for column in dates -%}
        {%- do checks.append(unread_value(column, column, "unparseable_date")) -%}
    {%- endfor -%}
    {%- for column in birth_dates -%}
        {%- set read = column ~ "_read" -%}
        {%- do checks.append(unread_value(column, read, "unparseable_date")) -%}
        {%- do checks.append({
            "when": is_yet_to_be_born(read), "column": column, "issue": "future_timestamp",
        }) -%}
        {%- do checks.append({
            "when": is_before_anyone_living(read),
            "column": column, "issue": "implausible_timestamp",
        }) -%}
    {%- endfor -%}
    {%- for column in timestamps -%}
        {%- set read = column ~ "_read" -%}
        {%- do checks.append(unread_value(column, read, "unparseable_timestamp")) -%}
        {%- do checks.append({
            "when": is_after_the_clock(read), "column": column, "issue": "future_timestamp",
        }) -%}
        {%- do checks.append({
            "when": is_before_sources_began(read),
            "column": column, "issue": "implausible_timestamp",
        }) -%}
    {%- endfor -%}
    {%- do checks.append(unread_value("loaded_at", "loaded_at", "unparseable_timestamp")) -%}
    {{ quality_issues(checks) }}
{%- endmacro %}

{#- One check: the raw text holds something that could not be read. -#}
{% macro unread_value(column, read, issue) -%}
    {{ return({
        "when": issue_unparseable(column ~ "_raw", read), "column": column, "issue": issue,
    }) }}
{%- endmacro %}
