"""API keys: what a program shows to be let do more than read.

A key is 256 random bits. It is shown once, when it is made; what is kept is its SHA-256, by which it is looked up
(a slow hash would add nothing: there is no guessing such a key). Each has scopes, perhaps the registers it is limited
to, and a day on which it ends. What is written with it is written in the name of its actor, an opaque id.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from people.store import keys
from registers.definition import check_name
from registers.entry import shortened, timestamp_text
from registers.errors import Forbidden, Invalid, NotFound, Unauthorized
from registers.store import registers
from registers.store.engine import Store, Transaction

SCOPES = {
    "direct": "write to registers",
    "propose": "submit proposals",
    "review": "decide on proposals",
    "webhooks": "keep webhooks",
    "api-keys": "make and revoke API keys",
}
PREFIX = "registers_"  # so that a key is known for one where it should not be
DAYS = 365
MOST_DAYS = 2 * 366
MOST_REGISTERS = 100
LABEL_LIMIT = 200
SECONDS_OF_A_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without the key itself. No `registers` means all. Moments are UTC seconds; `revoked` is None if it is not.

    `actor` is in whose name it writes, `maker` the actor who made it.
    """

    id: str
    actor: str
    label: str
    scopes: tuple[str, ...]
    registers: tuple[str, ...]
    maker: str
    created: int
    expires: int
    revoked: int | None

    def state(self, now: int) -> str:
        """Whether it is `good`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "good" if now < self.expires else "expired"

    def members(self, now: int) -> dict[str, object]:
        """The key as it is shown, with its moments as text: all but the key itself."""
        return {
            "id": self.id,
            "actor": self.actor,
            "label": self.label,
            "scopes": list(self.scopes),
            "registers": list(self.registers),
            "maker": self.maker,
            "created": timestamp_text(self.created),
            "expires": timestamp_text(self.expires),
            "revoked": None if self.revoked is None else timestamp_text(self.revoked),
            "state": self.state(now),
        }

    def holds(self, other: ApiKey) -> bool:
        """Whether the other may do nothing that this one may not."""
        narrower = not self.registers or (bool(other.registers) and set(other.registers) <= set(self.registers))
        return narrower and set(other.scopes) <= set(self.scopes)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a new key; `days` is how long it is good."""

    label: str
    scopes: Sequence[str]
    registers: Sequence[str] = ()
    days: int = DAYS


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key. `text` is the key itself, which nobody can ever be shown again."""

    api_key: ApiKey
    text: str


def create(store: Store, wanted: Wanted, maker: str, by: ApiKey | None = None) -> Issued:
    """Make a key, in the name of `maker`; with a key that makes it, if any, which cannot give more than it has.

    Raises Invalid for a bad label, scope, register or number of days; Forbidden for more than `by` has.
    """
    _check(wanted)
    text = PREFIX + secrets.token_urlsafe(32)
    with store.writing() as tx:
        made = _made(wanted, maker, tx.clock())
        if by:
            _check_within(by, made)
        values = {"scopes": " ".join(made.scopes), "registers": " ".join(made.registers)}
        plain = {name: getattr(made, name) for name in ("id", "actor", "label", "maker", "created", "expires")}
        keys.add(tx.connection, digest_of(text), **plain, **values)
    return Issued(made, text)


def find_all(store: Store, by: ApiKey | None = None) -> list[ApiKey]:
    """All keys, the latest made first; those that `by` could have made, if it asks."""
    with store.reading() as tx:
        found = [_read(row) for row in keys.find_all(tx.connection)]
    return [each for each in found if by is None or by.holds(each)]


def revoke(store: Store, key_id: str, by: ApiKey | None = None) -> ApiKey:
    """Revoke a key; one that is revoked already stays so. Raises NotFound for one that is not there for `by`."""
    with store.writing() as tx:
        row = keys.get(tx.connection, key_id)
        if row is None or (by and not by.holds(_read(row))):
            raise NotFound(f"there is no API key {shortened(key_id)}")
        keys.revoke(tx.connection, key_id, tx.clock())
        return _read(keys.get(tx.connection, key_id))


def verify(store: Store, text: str) -> ApiKey:
    """The key that the text is. Raises Unauthorized for no key of this service, an expired or a revoked one."""
    with store.reading() as tx:
        row = keys.find(tx.connection, digest_of(text))
        now = tx.clock()
    if row is None:
        raise Unauthorized("the API key is not one of this service's")
    found = _read(row)
    if found.state(now) != "good":
        raise Unauthorized(f"the API key {found.id} is {found.state(now)}")
    return found


def require(store: Store, api_key: ApiKey, scopes: tuple[str, ...], register: str | None) -> None:
    """Raise Forbidden unless the key has one of the scopes, and may be used on the register if one is named.

    A key that is limited to a register stays good for it when it is renamed.
    """
    if not set(scopes) & set(api_key.scopes):
        may = " or ".join(SCOPES[scope] for scope in scopes)
        raise Forbidden(f"the API key {api_key.id} lacks the scope {' or '.join(scopes)}, which may {may}")
    if register is None or not api_key.registers or register in api_key.registers:
        return
    with store.reading() as tx:
        if set(_names(tx, register)) & set(api_key.registers):
            return
    named = ", ".join(api_key.registers)
    raise Forbidden(f"the API key {api_key.id} is for {named}, and not for the register {shortened(register)}")


def names_for(store: Store, api_key: ApiKey) -> set[str] | None:
    """The names, former ones too, of the registers that a key is limited to; None when it is for all."""
    if not api_key.registers:
        return None
    with store.reading() as tx:
        return {name for of in api_key.registers for name in (of, *_names(tx, of))}


def digest_of(text: str) -> bytes:
    """What is kept of a key."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _names(tx: Transaction, name: str) -> list[str]:
    """All names that the register of this name has and had."""
    register = registers.find_by_any_name(tx.connection, name)
    return [register.name, *registers.former_names(tx.connection, register.id)] if register else []


def _check(wanted: Wanted) -> None:
    if not wanted.label.strip() or len(wanted.label) > LABEL_LIMIT:
        raise Invalid(f"label: is text of 1 to {LABEL_LIMIT} characters that says what the key is for")
    if any(unicodedata.category(character).startswith("C") for character in wanted.label):
        raise Invalid(f"label: {shortened(wanted.label)} holds characters that cannot be seen")
    if not wanted.scopes:
        raise Invalid(f"scopes: a key has at least one of {', '.join(SCOPES)}")
    for scope in wanted.scopes:
        if scope not in SCOPES:
            raise Invalid(f"scopes: {shortened(scope)} is not one of {', '.join(SCOPES)}")
    for name in wanted.registers:
        check_name(name)
    if len(wanted.registers) > MOST_REGISTERS:
        raise Invalid(f"registers: a key is limited to at most {MOST_REGISTERS}")
    if not 1 <= wanted.days <= MOST_DAYS:
        raise Invalid(f"days: a key is good for 1 to {MOST_DAYS} days")


def _made(wanted: Wanted, maker: str, now: int) -> ApiKey:
    key_id = secrets.token_hex(6)
    return ApiKey(
        id=key_id,
        actor=f"key-{key_id}",
        label=wanted.label,
        scopes=tuple(sorted(set(wanted.scopes))),
        registers=tuple(sorted(set(wanted.registers))),
        maker=maker,
        created=now,
        expires=now + wanted.days * SECONDS_OF_A_DAY,
        revoked=None,
    )


def _check_within(by: ApiKey, made: ApiKey) -> None:
    if not by.holds(made):
        raise Forbidden(f"the API key {by.id} cannot make a key with scopes or registers that it has not itself")
    if made.expires > by.expires:
        raise Forbidden(f"the API key {by.id} cannot make a key that is good for longer than it is itself")


def _read(row: Any) -> ApiKey:
    values = row._asdict()
    words = {name: tuple(values[name].split()) for name in ("scopes", "registers")}
    return ApiKey(**values | words)
