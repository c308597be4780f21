{{ shop_orders('shop_de') }}
