{{ shop_refunds('shop_uk') }}
