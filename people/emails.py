"""E-mail addresses: which are taken, and when two are the same.

An address is sent to as it was written, and looked up by a form that is the same for all its spellings, so that nobody
has two accounts of one address. What may stand in one is less than RFC 5321 allows: no quotes, comments or white
space, and nothing that could end a header.
"""

from __future__ import annotations

import re
import unicodedata

from registers.entry import shortened
from registers.errors import Invalid

LONGEST = 254  # bytes of an address, RFC 5321 §4.5.3.1.3
LONGEST_LOCAL = 64  # bytes of what stands before the @, §4.5.3.1.1
_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\\\].]+(?:\.[^\s\"(),:;<>@\[\\\].]+)*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_UNSEEN = ("C", "Z")  # categories of characters: controls and the like, spaces


def check_email(text: str) -> str:
    """The address without white space around it. Raises Invalid unless it is one."""
    return _parts(text)[0]


def fold_email(text: str) -> str:
    """What is equal for two addresses when they are the same to us. Raises Invalid unless it is one."""
    _, local, domain = _parts(text)
    return f"{unicodedata.normalize('NFKC', local).casefold()}@{domain}"


def spell_domain(text: str) -> str:
    """The address with its domain as DNS spells it, as mail servers take it. Raises Invalid unless it is one."""
    _, local, domain = _parts(text)
    return f"{local}@{domain}"


def reached(text: str) -> str:
    """Of all spellings that are the same to us, one that a mail may go to whichever was given. Raises Invalid.

    Two that we take for the same may be two boxes to a mail server (`ﬁ` is `fi` to us), so who has one of them must not
    get what is meant for the other. In ASCII only case differs, which is left as it is.
    """
    _, local, domain = _parts(text)
    return f"{local}@{domain}" if local.isascii() else fold_email(text)


def _parts(text: str) -> tuple[str, str, str]:
    """The address, what stands before its @, and its domain as DNS spells it."""
    address = text.strip()
    local, _, domain = address.rpartition("@")
    spelled = _in_ascii(domain)
    if not (_LOCAL.fullmatch(local) and spelled and _is_short(address, local) and _is_seen(address)):
        raise Invalid(f"email: {shortened(address)} is not an e-mail address such as name@example.org")
    return address, local, spelled


def _in_ascii(domain: str) -> str:
    """The domain as DNS spells it; empty for what is no domain."""
    try:
        spelled = domain.encode("idna").decode().lower()
    except UnicodeError:
        return ""
    return spelled if _DOMAIN.fullmatch(spelled) else ""


def _is_short(address: str, local: str) -> bool:
    size = len(local.encode("utf-8", "surrogatepass"))
    return size <= LONGEST_LOCAL and len(address.encode("utf-8", "surrogatepass")) <= LONGEST


def _is_seen(address: str) -> bool:
    return not any(unicodedata.category(character).startswith(_UNSEEN) for character in address)
