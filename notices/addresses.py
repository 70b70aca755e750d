"""Which addresses may be called: those of the public Internet, unless the operator allows others.

A URL is read strictly, its name is looked up once, and the connection is made to an address that was judged here, so
that a name cannot mean one thing when it is judged and another when it is called.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from registers.entry import shortened
from registers.errors import Invalid

URL_LIMIT = 2000  # characters
PORTS = {"http": 80, "https": 443}
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is meant
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)
_HOST = re.compile(r"[a-z0-9_.:-]+", re.ASCII)

LookUp = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes, as its URL says. `resource` is what stands in the request line."""

    scheme: str
    host: str
    port: int
    resource: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def look_up(host: str, port: int) -> list[str]:
    """All addresses that the system knows for a name. Raises OSError when it knows none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def parse_target(url: str) -> Target:
    """The parts of a URL. Raises Invalid, naming what is wrong with it."""
    if len(url) > URL_LIMIT:
        raise Invalid(f"url: is at most {URL_LIMIT} characters long, and this one has {len(url)}")
    if not _PRINTABLE.fullmatch(url):
        raise Invalid("url: is a URL in plain ASCII, without spaces; write other characters in percent-encoding")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid(f"url: {shortened(url)} is not a URL such as https://example.org/hook") from None
    _check(parts, url)
    resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname or "", port if port is not None else PORTS[parts.scheme], resource)


def _check(parts: SplitResult, url: str) -> None:
    if parts.scheme not in PORTS:
        raise Invalid(f"url: begins with http:// or https://, and {shortened(url)} does not")
    if "@" in parts.netloc:
        raise Invalid("url: holds a user name or a password, which is no place for one; the signature says who calls")
    if parts.fragment or "#" in url:
        raise Invalid("url: has a fragment, which is never sent")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or "\\" in url or parts.port == 0 or (":" in host and not _is_address(host)):
        raise Invalid(f"url: {shortened(url)} names no host that can be called")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def choose_address(target: Target, private: bool = False, look_up: LookUp = look_up) -> str:
    """The address to call, the first that the name has. The name is looked up once.

    Raises Invalid when it has none, or when any of them is not of the public Internet, unless `private` allows that.
    """
    try:
        found = look_up(target.host, target.port)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise Invalid(f"url: the name {shortened(target.host)} has no address")
    for address in found:
        if not private and not is_public(address):
            # Which one is not said: nobody is to find out here what names of an inner network stand for.
            raise Invalid(f"url: {target.host} has an address that is not of the public Internet")
    return found[0]


def is_public(text: str) -> bool:
    """Whether an address is of the public Internet; one that carries another is judged by that."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        return _is_public_v6(address)
    return _is_public(address)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id or address in LOCAL_NAT64:
        return False
    carried = address.ipv4_mapped or address.sixtofour
    if address in NAT64:
        carried = IPv4Address(int(address) & 0xFFFFFFFF)
    if carried is not None:
        return _is_public(carried)
    return _is_public(address) and not address.is_site_local and address.teredo is None


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    local = address.is_private or address.is_loopback or address.is_link_local or address.is_unspecified
    return address.is_global and not (local or address.is_multicast or address.is_reserved)
