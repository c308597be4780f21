{{ shop_products('shop_de') }}
