{{ shop_products('shop_uk') }}
