{{ config(enabled=is_listed_input()) }}
{{ shop_orders('shop_de') }}
