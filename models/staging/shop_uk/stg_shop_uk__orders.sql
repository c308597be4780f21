{{ shop_orders('shop_uk') }}
