{#
    The name under which visits, e-mails and ads of one campaign are added up: the tag of its links,
    whatever its case; a campaign whose links carry none is known by its own id.
#}
{% macro campaign_tag(utm_campaign, campaign_id='null') -%}
    coalesce(nullif({{ lower_text('trim(' ~ utm_campaign ~ ')') }}, ''), {{ campaign_id }})
{%- endmacro %}


{#
    A visit that says nothing of where it comes from: no tagged link, and no page before it other
    than one of the same site. `sessions` is the alias of a relation with the columns of sessions.
#}
{% macro is_direct_session(sessions) -%}
    (
        {{ sessions }}.utm_source is null
        and {{ sessions }}.utm_medium is null
        and {{ sessions }}.utm_campaign is null
        and (
            coalesce({{ sessions }}.referrer_url, '') = ''
            or coalesce(
                {{ url_host(sessions ~ '.referrer_url') }}
                = {{ url_host(sessions ~ '.landing_page_url') }}, false
            )
        )
    )
{%- endmacro %}


{# Host of an absolute URL, lower-cased and without www; null for a path. #}
{% macro url_host(url) -%}
    {{ lower_text(
        regexp_extract_first(url, '^[A-Za-z]+://(?:[Ww][Ww][Ww][.])?([^/?#:]+)')
    ) }}
{%- endmacro %}


{# What can happen to an e-mail, as canonical event types; columns are <kind>_count. #}
{% macro email_event_kinds() -%}
    {{- return(['sent', 'bounced', 'opened', 'clicked', 'unsubscribed', 'complained']) -}}
{%- endmacro %}
