{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{{ shop_products('shop_uk') }}
