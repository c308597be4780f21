{#
    After an incremental run, removes events that the input layer no longer has: deleted at the
    source, set aside, or erased. Without it an incremental table would remember what a full
    refresh forgets. Not under --empty or --sample, where the input only looks empty.
#}
{% macro forget_vanished_events() -%}
    {%- if execute and is_incremental() and not flags.EMPTY and not flags.SAMPLE -%}
    delete from {{ this }}
    where event_id not in (
        select incoming.event_id
        from {{ ref('customer_events_incoming') }} as incoming
        where incoming.event_id is not null
    )
    {%- endif -%}
{%- endmacro %}
