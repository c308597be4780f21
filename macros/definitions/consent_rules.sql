{# Purposes that are about the person, whatever the channel; marketing is about a contact point. #}
{% macro person_level_purposes() -%}
    {{- return(['advertising', 'analytics', 'personalisation']) -}}
{%- endmacro %}


{#
    What a decision on one channel of a contact point reaches, as the body of a CTE: rows of
    (contact_point_type, recorded_channel, decision, channel). A grant for `any` channel opens
    only what the contact point itself can receive; a denial for `any`, or for a channel we could
    not read, closes post as well. A grant for a channel we could not read opens nothing.
#}
{% macro consent_channel_reach() -%}
    {%- set own = {'email': ['email'], 'phone': ['sms', 'phone']} -%}
    {%- set rows = [] -%}
    {%- for contact_point_type, channels in own.items() -%}
        {%- for channel in channels -%}
            {%- do rows.append((contact_point_type, 'any', 'granted', channel)) -%}
        {%- endfor -%}
        {%- for channel in channels + ['post'] -%}
            {%- do rows.append((contact_point_type, 'any', 'denied', channel)) -%}
            {%- do rows.append((contact_point_type, channel, 'granted', channel)) -%}
            {%- do rows.append((contact_point_type, channel, 'denied', channel)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for contact_point_type, recorded, decision, channel in rows %}
    select
        '{{ contact_point_type }}' as contact_point_type,
        '{{ recorded }}' as recorded_channel,
        '{{ decision }}' as decision,
        '{{ channel }}' as channel
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
