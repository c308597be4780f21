{{ config(enabled=is_listed_input()) }}
{{ shop_order_items('shop_de') }}
