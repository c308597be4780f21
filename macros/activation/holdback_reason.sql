{#-
    Why a candidate may not be sent, in words that a count by reason can use; null: may be sent.
    The first that applies is the answer, so that each candidate is counted once:

    open_erasure      asked to be erased, or is being erased
    test_account      is nobody
    no_contact_point  has no address that identifies one person
    withdrawn         said yes once and no since: unsubscribed, complained, objected, bounced
    denied            said no
    no_consent        never said anything

    `gate` is a left join of segmentable_customers, `consent` one of consents or
    customer_consents, `contact_point` a column that is null without an address.
-#}
{% macro holdback_reason(customer, gate, contact_point, consent) -%}
case
    when {{ gate }}.customer_id is null and coalesce({{ customer }}.is_test_account, false)
        then 'test_account'
    when {{ gate }}.customer_id is null or {{ consent }}.rule like 'erasure%'
        then 'open_erasure'
    when {{ contact_point }} is null
        then 'no_contact_point'
    when coalesce({{ consent }}.is_granted, false)
        then null
    when {{ consent }}.rule = 'denied'
        then 'denied'
    when {{ consent }}.status = 'denied'
        then 'withdrawn'
    else 'no_consent'
end
{%- endmacro %}


{#-
    Every sync that consent gates and the model that says for each candidate what holds it back.
    A sync of your own is a line here; activation_holdbacks then counts it too.
-#}
{% macro consent_gated_syncs() -%}
    {{- return({
        'sync_ads__audience_members': 'candidates_ads__audience_members',
        'sync_email__contacts': 'candidates_email__contacts',
    }) -}}
{%- endmacro %}
