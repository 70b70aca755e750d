"""Passwords: how long, and what is kept of them.

What is kept is an Argon2id hash with the parameters of RFC 9106 §4, so that a guess costs 64 MiB and some tens of
milliseconds to whoever stole the hashes as well. A password of an account that is not there takes as long as a wrong
one, so that the time tells nobody which accounts there are.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from registers.errors import Invalid

SHORTEST, LONGEST = 12, 1000  # characters
_HASHER = PasswordHasher()


def check_password(password: str) -> None:
    """Raise Invalid, which does not repeat it, for a password that will not do."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"password: is {SHORTEST} to {LONGEST} characters long")
    if any(unicodedata.category(character).startswith("C") for character in password):
        raise Invalid("password: holds characters that cannot be seen")
    if len(set(password)) < 4:
        raise Invalid("password: is the same few characters again and again")


def hash_password(password: str) -> str:
    """What is kept of a password that will do."""
    check_password(password)
    return _HASHER.hash(_normal(password))


def verify(hashed: str | None, password: str) -> bool:
    """Whether it is the password of that hash; takes as long where there is none."""
    given = _normal(password) if len(password) <= LONGEST else ""
    try:
        matches = _HASHER.verify(hashed or _nobodys(), given)
    except (VerificationError, InvalidHashError):
        return False
    return matches and hashed is not None


def is_dated(hashed: str) -> bool:
    """Whether the hash was made with other parameters than those of now, and is to be made again."""
    return _HASHER.check_needs_rehash(hashed)


@cache
def _nobodys() -> str:
    return _HASHER.hash("the password of nobody")


def _normal(password: str) -> bytes:
    """The same bytes, however a keyboard spells an accent."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
