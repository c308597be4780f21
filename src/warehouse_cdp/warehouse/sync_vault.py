"""Keeping what is needed to take a person out of a destination later.

A destination's own id and the hashes a vendor wants are kept as they are. What is personal is
encrypted under keys of the environment variable CDP_REMOVAL_KEY: several, separated by commas, the
newest first. A key that no row needs any more is destroyed, and with it every copy of what it
opened (docs/decisions/0017).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

REMOVAL_KEY_VARIABLE = "CDP_REMOVAL_KEY"
_SEALED = "sealed:"


class PlainVault:
    """Keeps hashes and ids as JSON."""

    def seal(self, remembered: Mapping[str, str]) -> str:
        """Return it as a text to keep."""
        return json.dumps(dict(remembered), sort_keys=True, separators=(",", ":"))

    def unseal(self, kept: str) -> Mapping[str, str]:
        """Return what was kept.

        Raises:
            ConfigurationError: it is encrypted, and this destination keeps nothing personal.
        """
        if kept.startswith(_SEALED):
            message = (
                "the state holds encrypted keys for this sync, which its destination does not "
                "use: was its type changed? Give the sync a new name"
            )
            raise ConfigurationError(message)
        return dict(json.loads(kept))


class SealedVault:
    """Keeps personal keys encrypted (Fernet: AES-128-CBC with HMAC-SHA256).

    Raises:
        ConfigurationError: no key is given, or one is none.
    """

    def __init__(self, keys: str) -> None:
        try:
            from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - an extra
        except ImportError:
            message = (
                "this destination needs encrypted keys for later removal: install the package "
                "with its extra, `pip install 'warehouse-cdp[removal]'`"
            )
            raise ConfigurationError(message) from None
        given = [key.strip() for key in keys.split(",") if key.strip()]
        try:
            rings = [Fernet(key) for key in given]
        except ValueError:
            rings = []
        if not rings:
            message = (
                f"{REMOVAL_KEY_VARIABLE} must hold one or more Fernet keys, separated by commas, "
                "the newest first: this destination knows people by a personal key, which is kept "
                'encrypted until they are removed. Make one with `python -c "from '
                'cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"`'
            )
            raise ConfigurationError(message)
        self._ring = MultiFernet(rings)
        self._plain = PlainVault()
        self._key_id = key_id(given[0])

    def seal(self, remembered: Mapping[str, str]) -> str:
        """Encrypt under the newest key, whose fingerprint stands before the text."""
        token = self._ring.encrypt(self._plain.seal(remembered).encode()).decode()
        return f"{_SEALED}{self._key_id}:{token}"

    def unseal(self, kept: str) -> Mapping[str, str]:
        """Return what was sealed.

        Raises:
            ConfigurationError: its key is not among those given.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - an extra

        if not kept.startswith(_SEALED):
            return self._plain.unseal(kept)
        _, its_key, token = kept.split(":", 2)
        try:
            return self._plain.unseal(self._ring.decrypt(token.encode()).decode())
        except InvalidToken:
            message = (
                f"a row is sealed under the key {its_key}, which {REMOVAL_KEY_VARIABLE} does not "
                "hold: put it back behind the newest until `cdp sync status` needs it no more"
            )
            raise ConfigurationError(message) from None


def key_id(key: str) -> str:
    """The fingerprint by which a removal key is told from others: no help in finding it."""
    return hashlib.sha256(b"cdp removal key\n" + key.encode()).hexdigest()[:8]
