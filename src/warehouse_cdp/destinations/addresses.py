"""Where a destination may be: no host of the inner network because a definition says so.

A definition is reviewed as text, and a name can point anywhere: to a metadata service, a database,
a neighbour. So a destination's address must be HTTPS and public unless its definition says that a
private one is meant. The name is looked up when a destination is opened; that it answers otherwise
a moment later is not excluded, so the network should be closed as well.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from warehouse_cdp.activation.protocol import Setting
from warehouse_cdp.errors import ConfigurationError, DestinationUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMES = ("https", "http")


PRIVATE_NETWORK = Setting(
    "allow_private_network",
    "boolean",
    "Whether that address may be http and private.",
    default=False,
)


def address_settings(vendor: str | None) -> tuple[Setting, Setting]:
    """What a definition may say of a vendor's address, whose usual one may depend on a secret."""
    said = (
        "Another address, such as of a test double."
        if vendor
        else ("Left out: the data centre that the key names.")
    )
    return Setting("base_url", "text", said, default=vendor), PRIVATE_NETWORK


def problems_of_address(
    settings: Mapping[str, object], vendor: str | None, name: str = "base_url"
) -> list[str]:
    """Return what is wrong with the address in a definition; none is needed without ``vendor``."""
    url = settings.get(name, vendor)
    if url is None:
        return []
    allows_private = settings.get(PRIVATE_NETWORK.name) is True
    return problems_of_url(name, str(url), allows_private=allows_private)


def problems_of_url(name: str, url: str, *, allows_private: bool) -> list[str]:
    """Return what is wrong with a URL as it is written, without looking anything up."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return [f"{name} is no URL"]
    if parts.scheme not in _SCHEMES or not host:
        return [f"{name} must be a URL that begins with https://"]
    found = []
    if parts.scheme == "http" and not allows_private:
        found.append(f"{name} must begin with https://; http:// needs allow_private_network: true")
    if parts.username or parts.password:
        found.append(f"{name} may not hold a user or a password")
    if parts.fragment:
        found.append(f"{name} may not hold a fragment (#)")
    return found


def require_public(name: str, url: str) -> None:
    """Refuse a host that is, or resolves to, an address which is not public.

    Raises:
        ConfigurationError: it is private, local or reserved.
        DestinationUnavailableError: its name cannot be looked up.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        found = []
    if not found:
        message = f"{name}: the host {host} is not known here"
        raise DestinationUnavailableError(message)
    for *_, address in found:
        if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
            message = (
                f"{name}: the host {host} is in a private network; if that is meant, say "
                "allow_private_network: true in the destination's definition"
            )
            raise ConfigurationError(message)
