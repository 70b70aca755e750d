"""A published register as a dataset: what there is to say of it, gathered once, whichever vocabulary then says it.

What a register does not say of itself is not said; nothing is worked out from its records. Only who publishes it falls
back to the operator, for a catalogue has to name somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bulk.describing.licences import Licence, licence_of
from bulk.kinds import Kind, kinds_of
from bulk.manifest import File, Manifest
from bulk.source import Source
from registers.coverage import ends_of
from registers.entry import timestamp_text
from registers.v2.shapes import readable


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are, as whole URLs, for a description is read far from where it was made.

    `file` is given a register, a size (nothing: now) and the name of a file.
    """

    home: str
    catalogue: str
    archive: str
    service: str
    service_description: str
    register: Callable[[str], str]
    page: Callable[[str], str]
    file: Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Download:
    """A file of the dataset: where it is for this state and for the present one, and its bytes if it is made."""

    kind: Kind
    url: str
    latest: str
    file: File | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """What there is to say of a register at a state; what is not known is empty. Times are text, in UTC."""

    url: str
    page: str
    identifier: str
    title: str
    text: str
    publisher: str
    licence: Licence | None
    attribution: str
    where: str
    span: tuple[str, str]
    frequency: str
    confirmed: str
    issued: str
    modified: str
    version: str
    downloads: tuple[Download, ...]


def dataset_of(source: Source, manifest: Manifest, addresses: Addresses, operator: str) -> Dataset:
    """What there is to say of a register, whose snapshot can still be read.

    It was issued with its first entry, or else when it was made, and modified by its last.
    """
    definition, register, state = source.definition, source.register, source.state
    issued = source.taken.entry(1).timestamp_text if state.size else timestamp_text(register.created)
    return Dataset(
        url=addresses.register(register.name),
        page=addresses.page(register.name),
        identifier=register.origin,
        title=definition.title or readable(register.name),
        text=definition.text,
        publisher=definition.custodian or operator,
        licence=licence_of(definition.licence),
        attribution=definition.copyright,
        where=definition.spatial_coverage,
        span=ends_of(definition.temporal_coverage),
        frequency=definition.update_frequency,
        confirmed=definition.last_confirmed,
        issued=issued,
        modified=state.time or issued,
        version=str(state.size),
        downloads=tuple(_downloads(source, manifest, addresses)),
    )


def _downloads(source: Source, manifest: Manifest, addresses: Addresses) -> Iterator[Download]:
    """Every file that there is, and of compressed ones those that are made."""
    name, size = source.register.name, str(source.state.size)
    for kind in _offered(kinds_of(source.definition), manifest):
        yield Download(
            kind,
            addresses.file(name, size, kind.name),
            addresses.file(name, "", kind.name),
            manifest.files.get(kind.name),
        )


def _offered(kinds: Iterable[Kind], manifest: Manifest) -> Iterator[Kind]:
    return (kind for kind in kinds if not kind.compression or kind.name in manifest.files)
