{{ shop_guests('shop_uk') }}
