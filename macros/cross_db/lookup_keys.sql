{#-
    What analysts, BI tools and syncs look rows up by, by model: each entry is one index on
    Postgres, its columns in order. DuckDB reads columns and needs none.
-#}
{% macro lookup_keys() -%}
    {{- return({
        'identity_map': [['record_id'], ['customer_id']],
        'identity_identifiers': [['identifier_value', 'identifier_type'], ['record_id']],
        'identity_links': [['left_record_id'], ['right_record_id']],
        'identity_assignments': [['record_id'], ['customer_id']],
        'identity_visitors': [['anonymous_id']],
        'retired_customers': [['retired_customer_id']],
        'customers': [['customer_id'], ['email'], ['phone']],
        'customer_traits': [['customer_id']],
        'customer_identifiers': [['identifier_value', 'identifier_type'], ['customer_id']],
        'account_contacts': [['account_id'], ['customer_id']],
        'orders': [['order_id'], ['customer_id'], ['order_number']],
        'order_items': [['order_id'], ['customer_id']],
        'customer_events': [['event_id'], ['customer_id', 'occurred_at'], ['anonymous_id']],
        'sessions': [['session_id'], ['customer_id']],
        'consents': [['contact_point', 'contact_point_type']],
        'customer_consents': [['customer_id']],
        'email_engagement': [['customer_id'], ['campaign_id']],
        'support_tickets': [['customer_id']],
        'survey_responses': [['customer_id']],
        'segment_memberships': [['customer_id'], ['segment_name']],
    }) -}}
{%- endmacro %}


{#-
    Overrides dbt's own: indexes of `lookup_keys` beside those of a model's config. And counts what
    the new table holds, since whatever reads it next is planned by that, long before the server
    would count it by itself.
-#}
{% macro postgres__create_indexes(relation) -%}
    {%- set indexes = config.get('indexes', default=[]) | list -%}
    {%- for columns in lookup_keys().get(model.name, []) -%}
        {%- do indexes.append({'columns': columns}) -%}
    {%- endfor -%}
    {%- for index in indexes -%}
        {%- do run_query(get_create_index_sql(relation, index)) -%}
    {%- endfor -%}
    {%- do run_query('analyze ' ~ relation) -%}
{%- endmacro %}
