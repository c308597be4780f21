{{ config(enabled=is_listed_input()) }}
{{ shop_refunds('shop_de') }}
