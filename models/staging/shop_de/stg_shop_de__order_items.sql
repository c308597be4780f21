{{ shop_order_items('shop_de') }}
