"""A register as it is shown: published ones only, at a state, in one consistent read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api import current, state
from registers import snapshot
from registers.definition import Definition
from registers.errors import Corrupt
from registers.snapshot import Snapshot


@contextmanager
def reading(name: str, at: str | None = None) -> Iterator[Snapshot]:
    """The register of that name, now or as `at` asks; what is answered from it rests on that state.

    Raises NotFound, for drafts as well, Gone for a retired one, and NotModified when the caller has the answer.
    """
    with current.store().reading() as tx:
        taken = snapshot.take(tx, snapshot.find_register(tx, name, drafts=False), at)
        state.rest_on([taken])
        yield taken


def definition_of(taken: Snapshot) -> Definition:
    """The register's definition. Raises Corrupt if it has none, as no published register may."""
    definition = snapshot.read_definition(taken.tx, taken.register)
    if definition is None:
        raise Corrupt(f"the register {taken.register.name} is published and has no definition")
    return definition
