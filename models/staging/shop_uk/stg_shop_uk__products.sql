{{ config(enabled=is_listed_input()) }}
{{ shop_products('shop_uk') }}
