{{ shop_guests('shop_de') }}
