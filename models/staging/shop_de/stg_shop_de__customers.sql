{{ config(enabled=is_listed_input()) }}
{{ shop_customers('shop_de') }}
