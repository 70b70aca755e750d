"""A register as v1 shows it: published ones only, at their present size, in one consistent read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api import current
from api.blueprint import Blueprint
from api.v1.documents import PATH_PARAMETERS
from registers import snapshot
from registers.definition import Definition
from registers.errors import Corrupt
from registers.snapshot import Snapshot

PREFIX = "/v1/registers"


def blueprint(name: str, about: str) -> Blueprint:
    """A blueprint for resources of v1."""
    return Blueprint(name, PREFIX, about, PATH_PARAMETERS)


@contextmanager
def reading(name: str) -> Iterator[Snapshot]:
    """The register of that name, now. Raises NotFound, for drafts as well, or Gone for a retired one."""
    with current.store().reading() as tx:
        yield snapshot.take(tx, snapshot.find_register(tx, name, drafts=False))


def definition_of(taken: Snapshot) -> Definition:
    """The register's definition. Raises Corrupt if it has none, as no published register may."""
    definition = snapshot.read_definition(taken.tx, taken.register)
    if definition is None:
        raise Corrupt(f"the register {taken.register.name} is published and has no definition")
    return definition
