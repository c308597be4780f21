{{ shop_refunds('shop_de') }}
