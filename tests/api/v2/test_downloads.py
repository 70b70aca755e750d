"""RSF of v2: a copy made of it has the same entries and the same root, and is kept fresh, definition and all."""

from __future__ import annotations

import io
import json

import pytest

from registers import lifecycle
from registers.definition import Field
from registers.entry import Region, timestamp_text
from registers.merkle import fold, grow
from registers.store.engine import Store
from registers.v2 import rsf
from registers.v2.hashing import blob_digest, leaf_hash
from tests.api.v2.conftest import Ask
from tests.makers import AUTHORITY, COUNTRY, append, country, definition, entries_of


class Copy:
    """Whoever keeps a copy from files of RSF, and holds each assertion against what it has."""

    def __init__(self) -> None:
        self.items: dict[bytes, str] = {}
        self.entries: dict[Region, list[tuple[str, int, str]]] = {Region.USER: [], Region.METADATA: []}
        self.leaves: list[bytes] = []

    def read(self, file: bytes) -> None:
        for command in rsf.parse(io.BytesIO(file)):
            if isinstance(command, rsf.AddItem):
                self.items[blob_digest(json.loads(command.text))] = command.text
            elif isinstance(command, rsf.AppendEntry):
                self._append(command)
            else:
                assert command.root == fold(grow(0, [], self.leaves).edge)

    def _append(self, command: rsf.AppendEntry) -> None:
        kept = self.entries[command.region]
        kept.append((command.key, command.timestamp, self.items[command.digest]))
        if command.region is Region.USER:
            time = timestamp_text(command.timestamp)
            self.leaves.append(leaf_hash(len(kept), command.key, time, command.digest))

    def is_of(self, store: Store) -> bool:
        return all(
            [(entry.key, entry.timestamp, entry.body) for entry in entries_of(store, region=region)] == kept
            for region, kept in self.entries.items()
        )


def test_a_copy_is_made_and_kept_fresh(ask: Ask, store: Store) -> None:
    copy = Copy()
    whole = ask("/country/download-rsf")
    assert (whole.status_code, whole.content_type) == (200, "application/vnd.rsf")
    copy.read(whole.data)
    assert copy.is_of(store)
    metadata = whole.headers["Register-Metadata-Size"]
    grown = definition("country", [*COUNTRY, Field("capital")])
    lifecycle.define(store, "country", grown.entries()[-2:], AUTHORITY)
    append(store, country("FR", "France"), country("IT", "Italy", capital="Rome"))
    news = ask(f"/country/download-rsf/7?metadata={metadata}")
    copy.read(news.data)
    assert copy.is_of(store)
    assert int(news.headers["Register-Metadata-Size"]) == len(copy.entries[Region.METADATA])


def test_metadata_alone_is_news(ask: Ask, store: Store) -> None:
    size = int(ask("/country/download-rsf").headers["Register-Metadata-Size"])
    assert len(ask(f"/country/download-rsf/7?metadata={size}").data.splitlines()) == 1
    lifecycle.define(store, "country", [("custodian", {"custodian": "A. N. Other"})], AUTHORITY)
    lines = ask(f"/country/download-rsf/7?metadata={size}").text.splitlines()
    assert [line.split("\t")[0] for line in lines] == [
        "assert-root-hash",
        "add-item",
        "append-entry",
        "assert-root-hash",
    ]


def test_a_part_has_no_metadata_unless_asked(ask: Ask) -> None:
    assert b"\tsystem\t" not in ask("/country/download-rsf/1/3").data
    assert b"\tsystem\t" in ask("/country/download-rsf/0/3").data
    assert b"\tsystem\t" in ask("/country/download-rsf/1/3?metadata=0").data


@pytest.mark.parametrize("size", range(1, 8))
def test_parts_make_the_whole(ask: Ask, store: Store, size: int) -> None:
    copy = Copy()
    copy.read(ask(f"/country/download-rsf?at={size}").data)
    assert len(copy.leaves) == size
    copy.read(ask(f"/country/download-rsf/{size}/7").data)
    assert copy.is_of(store)


STATUSES = [
    ("8", 400),
    ("-1", 400),
    ("x", 404),
    ("3/2", 400),
    ("1/8", 400),
    ("7/7", 200),
    ("7?metadata=999", 400),
    ("7?metadata=-1", 400),
    ("7?at=3", 400),
    ("3/5?at=3", 400),
]


@pytest.mark.parametrize(("path", "status"), STATUSES)
def test_statuses(ask: Ask, path: str, status: int) -> None:
    assert ask(f"/country/download-rsf/{path}").status_code == status
