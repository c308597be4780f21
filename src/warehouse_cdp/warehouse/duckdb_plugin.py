"""dbt-duckdb plugin: prepares every cursor of a run; above all the key of ``cdp_keyed_hash``.

The SQL function itself is made by the macro ``create_helper_functions``; it reads two session
variables, the inner and outer key blocks of HMAC (RFC 2104), so that the key never stands in
SQL text, in ``target/``, in a log or in the database file.
"""

from __future__ import annotations

import atexit
import gc
import hashlib
from typing import TYPE_CHECKING, Any

from dbt.adapters.duckdb.plugins import BasePlugin

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BLOCK_BYTES = 64  # block size of SHA-256, RFC 6234


def hmac_key_blocks(key: str) -> tuple[bytes, bytes]:
    """Inner and outer padded key of HMAC-SHA256 (RFC 2104, section 2), 64 bytes each."""
    raw = key.encode("utf-8")
    if len(raw) > _BLOCK_BYTES:
        raw = hashlib.sha256(raw).digest()
    padded = raw.ljust(_BLOCK_BYTES, b"\x00")
    return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)


def set_hash_key(connection: DuckDBPyConnection, key: str) -> None:
    """Make ``cdp_keyed_hash`` usable on one DuckDB connection or cursor."""
    inner, outer = hmac_key_blocks(key)
    for name, block in (("cdp_hash_inner", inner), ("cdp_hash_outer", outer)):
        connection.execute(f"set variable {name} = unhex('{block.hex()}')")


# Cleaning text makes deep expressions, and the input layer reads dozens of such views at once.
# Without these passes the sample's int_data_quality_issues took 4.4 CPU seconds instead of 6.5 and
# int_persons_unioned 1.2 instead of 2.3 (one thread, planning and running, DuckDB 2.0).
_COSTLY_OPTIMIZERS = ("projection_pullup", "projection_placement", "window_self_join")


def spare_planning(connection: DuckDBPyConnection) -> None:
    """Turn off the optimizer passes that cost more than they save; older DuckDBs lack some."""
    known = {name for (name,) in connection.execute("from duckdb_optimizers()").fetchall()}
    chosen = ",".join(name for name in _COSTLY_OPTIMIZERS if name in known)
    connection.execute(f"set disabled_optimizers = '{chosen}'")


# Of 45 CPU seconds of a build of the sample, Python's cycle collector took 5: each full collection
# walks the whole project that dbt has parsed, which lives as long as the run does anyway.
_FULL_COLLECTION_EVERY = 100  # collections of the middle generation; Python's own default is 10


def spare_collection() -> None:
    """Keep the cycle collector off what exists already, and off the rest most of the time."""
    gc.freeze()
    # At the end nothing may be left frozen: libraries take for leaked what the collector skips.
    atexit.register(gc.unfreeze)
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _FULL_COLLECTION_EVERY)


class Plugin(BasePlugin):
    """Loaded through ``plugins:`` in the profile, where ``config.hash_key`` is."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Keep the key, and spare the run what dbt's memory costs it.

        Raises:
            ConfigurationError: the profile gives no ``hash_key``.
        """
        key = str(plugin_config.get("hash_key") or "")
        if not key:
            message = (
                "profiles.yml: plugin warehouse_cdp.warehouse.duckdb_plugin needs config.hash_key; "
                "set the environment variable CDP_HASH_KEY (see profiles.yml.example)"
            )
            raise ConfigurationError(message)
        self._hash_key = key
        spare_collection()

    def configure_cursor(self, cursor: DuckDBPyConnection) -> None:
        """Called by dbt-duckdb for each cursor it opens, Python models' included."""
        set_hash_key(cursor, self._hash_key)
        spare_planning(cursor)
