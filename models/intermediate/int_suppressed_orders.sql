-- grain: one row per order that an erasure suppresses
-- An erased person's orders go with their lines and refunds, and so does the till's receipt for an
-- order that was collected: left alone it would count as a sale to nobody. A receipt that names
-- somebody itself is judged by whom it names.
{%- set columns = {
    'order_id': 'text', 'person_record_id': 'text', 'loyalty_card_number': 'text',
    'order_number': 'text', 'collected_order_number': 'text', 'channel': 'text',
    'fulfilment_method': 'text', 'country_code': 'text', 'status': 'text', 'is_test': 'boolean',
} %}
{%- set typed = columns.items() | list %}
with

{% for name in input_models('orders') %}
{{ latest_versions(name, 'order_id', 'orders') }}

{% endfor %}
orders as (
    {%- for name in input_models('orders') %}
        {%- set provided = staging_columns(name) %}
        select
            {%- for column, data_type in typed %}
            cast({{ column if column in provided else 'null' }} as {{ data_type }}) as {{ column }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ name }}_versions
        where
            version_rank = 1
            and not is_deleted_version
            and exists (select 1 from {{ source('cdp_state', 'suppressed_identifiers') }})
        {{ 'union all' if not loop.last }}
    {%- else %}
        select
            {%- for column, data_type in typed %}
            cast(null as {{ data_type }}) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
    {%- endfor %}
),

suppressed_orders as (
    select
        order_id,
        order_number,
        country_code
    from orders
    where
        {{ suppression_conditions('orders', typed) | join('\n        or ') }}
),

-- The rule by which the mart `orders` hands a receipt to the order that it collects.
collections_matched as (
    select
        receipts.order_id,
        coalesce(
            min(
                case
                    when coalesce(collectable.status, '') <> 'cancelled'
                        and not coalesce(collectable.is_test, false)
                        then collectable.order_id
                end
            ),
            min(collectable.order_id)
        ) as named_order_id
    from orders as receipts
    inner join orders as collectable
        on
            receipts.collected_order_number = collectable.order_number
            and receipts.country_code = collectable.country_code
    where
        receipts.channel = 'till'
        and receipts.person_record_id is null
        and receipts.loyalty_card_number is null
        and collectable.channel = 'online'
        and collectable.fulfilment_method = 'click_and_collect'
    group by receipts.order_id
    having
        count(*) = 1
        or sum(
            case
                when coalesce(collectable.status, '') <> 'cancelled'
                    and not coalesce(collectable.is_test, false)
                    then 1
                else 0
            end
        ) = 1
)

select order_id
from suppressed_orders
union
select collections_matched.order_id
from collections_matched
inner join suppressed_orders on collections_matched.named_order_id = suppressed_orders.order_id
