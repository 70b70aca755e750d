"""The acts on a register's place in the world: give it another name, or retire it.

A published register's former names go on leading to it, so nobody else may ever have them; it may take one back. The
log says of a rename what it says of any change of the definition, in a metadata entry, and keeps what it said before:
`register:<id>` entries stay under the names they were made with.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from registers import batch as batches
from registers import lifecycle, log, snapshot
from registers.batch import Change
from registers.definition import check_name
from registers.entry import Region, shortened
from registers.errors import Conflict, Invalid, RegistersError
from registers.register import Authority, Register
from registers.store import registers
from registers.store.engine import Store, Transaction

SUCCESSOR_LIMIT = 2000  # characters
_PLAIN = re.compile(r"[\x21-\x7e]+")


def rename(store: Store, name: str, new: str, authority: Authority) -> Register:
    """Give a register another name; a published one keeps the old one as a former name, which leads to it.

    Raises Invalid for what is no name, Conflict for one that another register has or had, or this one has now.
    """
    check_name(new)
    if new == name:
        raise Conflict(f"the register {name} is called that already")
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        subject = lifecycle.subject_of(tx, register)
        told = snapshot.metadata_items(tx, register.id).get("name", {}).get("name") == new
    batch = batches.prepare(subject, store.hashings, [Change("name", {"name": new}, place="name")], Region.METADATA)
    with store.writing() as tx:
        register = lifecycle.claim(tx, name)
        lifecycle.check_free(tx, new, register)
        # A draft was never to be seen, so nothing leads to it under its old name.
        registers.move_name(tx.connection, register.id, None if register.status == "draft" else name, new)
        if not told:
            log.append(tx, register, batch, authority)
        return snapshot.find_register(tx, new)


def retire(store: Store, name: str, successor: str | None = None) -> Register:
    """Retire a published register, for good: it answers that it is gone, and what to use instead, if anything.

    `successor` is the name of a register that is here, or an absolute URL. Raises Invalid for one that is neither,
    Conflict for a draft.
    """
    with store.writing() as tx:
        register = lifecycle.claim(tx, name)
        if register.status == "draft":
            raise Conflict(f"the register {name} is a draft; drop it instead")
        if successor is not None:
            _check_successor(tx, register, successor)
        registers.change(tx.connection, register.id, status="retired", successor=successor)
        retired = registers.get(tx.connection, register.id)
        assert retired is not None
        return retired


def _check_successor(tx: Transaction, register: Register, successor: str) -> None:
    if ":" in successor:
        if not _is_url(successor):
            raise Invalid(f"successor: {shortened(successor)} is not an absolute URL of http or https")
        return
    check_name(successor)
    try:
        found = snapshot.find_register(tx, successor, drafts=False)
    except RegistersError as error:
        raise Invalid(f"successor: {error}") from None
    if found.id == register.id:
        raise Invalid(f"successor: {successor} is the register that is to be retired")


def _is_url(text: str) -> bool:
    """Whether the text is a URL as a header may carry it: ASCII without spaces, angle brackets or quotes."""
    if len(text) > SUCCESSOR_LIMIT or not _PLAIN.fullmatch(text) or any(character in text for character in '<>"\\'):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
