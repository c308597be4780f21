{{ shop_customers('shop_de') }}
