"""The secret with which this service seals what it will be shown again: links, and what a browser carries for it.

It is in a setting, or in a file that is made when it is first needed and that only this service's user can read. It is
no signing key: nothing published is signed with it. A new secret ends all links that are under way, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from registers.disk import sync
from registers.errors import Invalid, Unauthorized, Unavailable
from registers.settings import SHORTEST_SECRET
from registers.store.engine import Store

ELSEWHERE = Path("var/secret")  # where the database is no file


def read_secret(setting: str, store: Store) -> bytes:
    """The secret of a setting, or of the file beside the database. Raises Unavailable when the file cannot be had."""
    if setting:
        return setting.encode()
    path = Path(f"{store.url.database}.secret") if store.is_sqlite else ELSEWHERE
    try:
        if not path.exists():
            _make(path)
        text = path.read_text().strip()
    except OSError as error:
        raise Unavailable(f"the secret {path} cannot be read or made: {error.strerror}") from error
    if len(text) < SHORTEST_SECRET:
        raise Unavailable(
            f"the secret {path} is shorter than {SHORTEST_SECRET} characters: remove it, and a new one is made"
        )
    return text.encode()


def _make(path: Path) -> None:
    """Make the file, whole or not at all; of several processes that do so at once, one makes it for all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        sync(partial)
        os.link(partial, path)
    except FileExistsError:
        pass  # another process was first
    finally:
        partial.unlink()


def digest(secret: bytes, purpose: str, text: str) -> bytes:
    """A digest that nobody without the secret can make, of one purpose."""
    return hmac.digest(hmac.digest(secret, purpose.encode(), "sha256"), text.encode("utf-8", "surrogatepass"), "sha256")


def seal(secret: bytes, purpose: str, members: Mapping[str, Any], expires: int) -> str:
    """Members as text that can be read by all and made by nobody else, good for one purpose until a moment."""
    body = _encode(json.dumps([expires, dict(members)]).encode())
    return f"{body}.{_encode(digest(secret, purpose, body))}"


def unseal(secret: bytes, purpose: str, text: str, now: int) -> tuple[dict[str, Any], int]:
    """What was sealed, and until when it is good. Raises Invalid for what is not ours, Unauthorized when it is over."""
    body, _, mark = text.partition(".")
    if not hmac.compare_digest(_encode(digest(secret, purpose, body)).encode(), mark.encode("utf-8", "surrogatepass")):
        raise Invalid("the link is not one that this service made, or not all of it was copied")
    try:
        expires, members = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError, TypeError):
        raise Invalid("the link is not one that this release understands") from None
    if now >= expires:
        raise Unauthorized("the link is too old: ask for another")
    return members, expires


def digest_of(text: str) -> bytes:
    """What is kept of a text that its holder alone knows."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
