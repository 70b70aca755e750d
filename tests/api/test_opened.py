"""What a worker remembers of the registers of areas is how things are, and it forgets the oldest choices."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.opened import MOST, Opened
from geo.areas.following import Areas
from registers import lifecycle, snapshot
from registers.errors import Invalid, NotFound, Unavailable
from registers.opening import open_store
from registers.store.engine import Store
from registers.trees import V1, V2
from tests.geo.test_areas import district, follow, plant, square
from tests.makers import append, make


def planted(store: Store, folder: Path) -> Opened:
    plant(store)
    areas = Areas(folder / "places")
    follow(store, areas)
    return Opened(store, areas)


@pytest.fixture
def opened(store: Store, tmp_path: Path) -> Opened:
    """The memory of a worker beside a register of areas that is indexed."""
    return planted(store, tmp_path)


@pytest.fixture
def on_sqlite(sqlite_store: Store, tmp_path: Path) -> Opened:
    """The same on SQLite, where it is exact: on PostgreSQL it ends with the second."""
    return planted(sqlite_store, tmp_path)


def test_what_was_opened_is_not_opened_again_while_nothing_happens(on_sqlite: Opened) -> None:
    first = on_sqlite.now(["district"])
    assert on_sqlite.now(["district"]) is first and on_sqlite.now([]) is not first
    assert [each.taken.size for each in first.standing] == [3]


def test_a_snapshot_names_its_state_after_its_transaction(opened: Opened, store: Store) -> None:
    append(store, district("C", square(9, 0)), to="district")
    (stale,), _ = opened.now([])
    with store.reading() as tx:
        taken = snapshot.take(tx, snapshot.find_register(tx, "district"), "3")
        assert (stale.taken.root(V1), stale.taken.root(V2)) == (taken.root(V1), taken.root(V2))
    assert stale.taken.size == 3 and stale.taken.head.entries == 4


def test_what_others_commit_is_seen(on_sqlite: Opened, tmp_path: Path) -> None:
    store = on_sqlite.store
    assert [each.taken.size for each in on_sqlite.now([]).standing] == [3]
    other = open_store(store.url.render_as_string(), store.clock)
    append(other, district("C", square(9, 0)), to="district")
    follow(other, Areas(tmp_path / "places"))
    other.close()
    assert [each.taken.size for each in on_sqlite.now([]).standing] == [4]


def test_only_so_many_choices_are_remembered(on_sqlite: Opened) -> None:
    first = on_sqlite.now(["district"])
    for count in range(2, MOST + 2):
        last = on_sqlite.now(["district"] * count)
    assert on_sqlite.now(["district"] * (MOST + 1)) is last
    assert on_sqlite.now(["district"]) is not first


def test_what_cannot_be_opened_is_said_each_time(opened: Opened, store: Store) -> None:
    make(store)
    lifecycle.publish(store, "country")
    for _ in range(2):
        with pytest.raises(Invalid, match="are no areas"):
            opened.now(["country"])
        with pytest.raises(NotFound):
            opened.now(["nowhere"])
    empty = Opened(store, Areas(opened.areas.folder / "elsewhere"))
    for _ in range(2):
        with pytest.raises(Unavailable):
            empty.now(["district"])
