"""Pure functions that keep personal values out of keys, logs and state."""

from warehouse_cdp.privacy.keys import DEMO_KEY, keyed_hash, normalise_email, normalise_mac

__all__ = ["DEMO_KEY", "keyed_hash", "normalise_email", "normalise_mac"]
