{{ shop_customers('shop_uk') }}
