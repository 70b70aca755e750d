"""Replay an RSF file: a published register, or what came after a root, entry by entry, with its assertions.

All or nothing. Onto a register that is here already, the file is read, checked and hashed first and then appended
in one transaction; entries that the register has must be the same in the file. A new register is written in
commits of its own, so that no lock is held for long, and stays invisible until its last; a load that was killed
leaves only such an invisible register, which the next load of that name takes away.

A file with v2's hashes may tell of values that were taken away: they are taken out of the copy as well, in the same
transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import BinaryIO

from loaders.rsf_spelling import spelling_of
from loaders.rsf_steps import AllNews, Known, Load, Overlap, check_root, steps
from registers import definition as definitions
from registers import founding, lifecycle, log, redaction, snapshot
from registers.batch import Batch
from registers.definition import REDACTION
from registers.entry import Region
from registers.errors import Invalid, Moved
from registers.item import Link
from registers.lines import LINE_LIMIT
from registers.log import Appended
from registers.merkle import EMPTY_ROOT
from registers.register import Register, Revision, edge_root
from registers.serialisation import AssertRoot
from registers.store import registers
from registers.store.engine import Store, Transaction


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did: the register, how many entries it added, and the v1 root it ended at."""

    register: Register
    added: int
    root: bytes


def name_in(stream: BinaryIO) -> str:
    """The name that a file gives its register, in its `register:<id>` metadata entries; the stream is rewound.

    Raises Invalid when it gives none, as a file that starts from a later root does.
    """
    name = None
    prefix = b"append-entry\tsystem\tregister:"
    while line := stream.readline(LINE_LIMIT):
        if line.startswith(prefix):
            name = line[len(prefix) :].split(b"\t")[0].decode("ascii", "replace")
    stream.seek(0)
    if name is None:
        raise Invalid("the file does not name its register, so say which one it is with --as NAME")
    return definitions.check_name(name)


def replay(store: Store, name: str, stream: BinaryIO, load: Load) -> Replayed:
    """Replay a file as the register `name`, creating it when it is not here.

    Raises Invalid naming the line at fault, Conflict when the file's history is not the register's, Renamed or Gone
    for a register that has another name now or is retired; in each case nothing is written.
    """
    definitions.check_name(name)
    register = _find(store, name)
    return _replay_new(store, name, stream, load) if register is None else _replay_onto(store, register, stream, load)


def _find(store: Store, name: str) -> Register | None:
    with store.reading() as tx:
        if registers.find_by_any_name(tx.connection, name) is None:
            return None
        return snapshot.find_register(tx, name)


# Writing: a new register


def _replay_new(store: Store, name: str, stream: BinaryIO, load: Load) -> Replayed:
    register = founding.begin(store, name, load.operator)
    try:
        return _fill(store, register, stream, load)
    except BaseException:
        founding.take_away(store, register)
        raise


def _fill(store: Store, register: Register, stream: BinaryIO, load: Load) -> Replayed:
    known = Known(register.name)
    rules = load.rules._replace(dangling="keep")
    dangling: list[Link] = []
    root, added, made = EMPTY_ROOT, 0, None
    spelling = spelling_of(stream)
    for step in steps(store, stream, known, AllNews(spelling), load):
        if isinstance(step, AssertRoot):
            check_root(step, root, spelling)
            continue
        with store.writing() as tx:
            appended = log.append(tx, register, step, load.authority, rules)
            _take_away(tx, register, step)
        made = appended.revision
        root, added = spelling.root_of(made), made.entries
        dangling += appended.dangling
    definition = known.definition()
    if definition is None:
        raise Invalid("the file has no register:<id> entry, so the register would have no fields")
    shown = founding.show(store, register, definition.key_field, dangling, load.rules)
    return Replayed(shown, added, made.v1_root if made else EMPTY_ROOT)


# Writing: onto a register that is here


def _replay_onto(store: Store, register: Register, stream: BinaryIO, load: Load) -> Replayed:
    gate = Overlap(store, register, spelling_of(stream))
    spelling = gate.spelling
    news = list(steps(store, stream, gate.known, gate, load))
    if not any(isinstance(step, Batch) for step in news):
        return Replayed(register, 0, gate.head.v1_root)
    revision: Revision | None = None
    root, size = edge_root(getattr(gate.head, f"{spelling.version}_edge")), gate.head.entries
    with store.writing() as tx:
        for step in news:
            if isinstance(step, AssertRoot):
                check_root(step, root, spelling)
            else:
                revision = _append_onto(tx, register, step, load, size)
                root, size = spelling.root_of(revision), revision.entries
    return Replayed(register, size - gate.head.entries, revision.v1_root if revision else gate.head.v1_root)


def _append_onto(tx: Transaction, register: Register, batch: Batch, load: Load, size: int) -> Revision:
    """Append one batch; the revision it made. Raises Moved when another writer was faster."""
    if batch.region is Region.METADATA:
        made = lifecycle.append_metadata(tx, register, batch, load.authority, load.rules).revision
        _take_away(tx, register, batch)
        return made
    appended: Appended = log.append(tx, register, batch, load.authority, load.rules)
    if appended.first != size + 1:
        raise Moved(f"the register {register.name} has moved on while the file was read; load it again")
    return appended.revision


def _take_away(tx: Transaction, register: Register, batch: Batch) -> None:
    """A part: what a batch of metadata entries says was taken away, out of what is here already."""
    for key, body in zip(batch.keys, batch.bodies, strict=True):
        if batch.region is Region.METADATA and key == REDACTION:
            redaction.carry_out(tx, register, json.loads(body), strictly=False)
