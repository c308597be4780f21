{{ config(enabled=is_listed_input()) }}
{{ shop_guests('shop_uk') }}
