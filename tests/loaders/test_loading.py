"""Loading a source: made whole or not at all; again, nothing; killed, done anew; looked at, and that is noted."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from loaders import filling, loading, sources
from loaders import store as comparisons
from loaders.confirmations import Confirmed, packed
from loaders.loading import File
from loaders.repeating import digest_of
from loaders.source import Nothing, Reading, Source, Wrong
from loaders.sources import countries, uk_subdivisions
from registers import lifecycle, naming, snapshot
from registers.definition import Definition, Field
from registers.errors import Conflict, Retired
from registers.fsck import check_all
from registers.opening import open_store
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.loaders.given import counts, entries, items, load, quietly, source
from tests.makers import AUTHORITY, NOW, OPERATOR, CheckedStore, append, country, names_in, revisions_of

ROOT = Path(__file__).resolve().parents[2]
# Run by a process of its own, which ends as a killed one does, when so many entries are durable.
KILLED = """
import os, signal, sys
from loaders import filling, loading
from loaders.loading import File
from loaders.repeating import digest_of
from loaders.sources import countries
from registers.opening import open_store
from registers.register import Authority

filling.CHUNK = 100

def kill(done, total):
    if done >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

loading.load(open_store(sys.argv[1]), countries.SOURCE, File(), Authority("tester"), "registers.example.org", kill)
"""


def latest(store: Store, name: str = "country") -> comparisons.Comparison:
    with store.reading() as tx:
        found = comparisons.latest(tx.connection, snapshot.find_register(tx, name).id)
    assert found is not None
    return found


@pytest.mark.parametrize("name", sources.NAMES)
def test_every_source_says_whose_it_is_and_how_it_maps(name: str) -> None:
    found = sources.find(name)
    module = import_module(f"loaders.sources.{sources.PLACES[name][0]}")
    assert found.about.name == name
    assert found.needs_file == (name not in sources.EMBEDDED)
    assert found.about.publisher and found.about.licence and found.about.title and found.about.rhythm
    assert name == "table" or found.about.url.startswith("https://")
    assert name == "table" or ("Mapping" in (module.__doc__ or "") and "Quirks" in (module.__doc__ or ""))
    assert all(each in sources.NAMES for each in found.first)


@pytest.mark.parametrize("given", [countries.SOURCE, uk_subdivisions.SOURCE], ids=lambda given: given.about.name)
def test_a_load_makes_fills_and_publishes_the_register(store: Store, given: Source) -> None:
    loaded = load(store, given)
    rows = list(given.read(None, {}).rows)
    name = given.about.register
    assert counts(loaded) == (len(rows), 0, 0, 0)
    assert (loaded.register.status, loaded.register.origin) == ("published", f"{OPERATOR}/{name}")
    assert [(key, item) for key, item in reversed(items(store, name).items())] == [(row.key, row.item) for row in rows]
    assert {made.source for made in revisions_of(store, name)} == {given.about.name}


def test_a_second_load_appends_nothing_and_notes_that_it_looked(store: CheckedStore) -> None:
    load(store, countries.SOURCE)
    before = revisions_of(store)
    store.clock.now += 60  # type: ignore[attr-defined]
    again = load(store, countries.SOURCE)
    assert counts(again) == (0, 0, 0, 280)
    assert (again.revision, revisions_of(store)) == (None, before)
    assert (latest(store).time, latest(store).unchanged) == (NOW + 60, 280)


def test_a_changed_item_is_exactly_one_entry(store: Store) -> None:
    load(store, source([{"country": "GB", "name": "Britain"}, {"country": "FR", "name": "France"}]))
    load(store, source([{"country": "GB", "name": "United Kingdom"}, {"country": "FR", "name": "France"}]))
    assert [entry.key for entry in entries(store)] == ["GB", "FR", "GB"]
    assert revisions_of(store)[-1].source.startswith("given plan ")


def test_a_register_from_elsewhere_is_not_written_over(store: Store) -> None:
    definition = Definition("country", "country", (Field("country"), Field("name")))
    lifecycle.create(store, definition, AUTHORITY, OPERATOR)
    append(store, country("GB", "Britain"))
    with pytest.raises(Conflict, match="country is here already and was not made from countries"):
        load(store, countries.SOURCE)
    given = replace(source([{"country": "GB", "name": "Albion"}]), is_open=True)
    assert counts(load(store, given)) == (0, 1, 0, 0)


def test_entries_of_others_do_not_make_it_somebody_else_s(store: Store) -> None:
    load(store, countries.SOURCE)
    append(store, country("XK", "Kosovo"))
    assert counts(load(store, countries.SOURCE)) == (0, 0, 0, 280)


def test_nothing_is_made_from_a_file_with_a_problem(store: Store) -> None:
    rows = [{"country": f"K{n}", "name": "x"} for n in range(5)] + [{"country": "L", "start-date": "then"}]
    with pytest.raises(Wrong, match="row 7, start-date"):
        load(store, source(rows))
    assert names_in(store) == []


def test_nothing_is_made_from_a_file_without_a_record(store: Store) -> None:
    with pytest.raises(Nothing, match="no register country is made"):
        load(store, source([]))
    assert names_in(store) == []


def test_a_long_list_is_written_in_many_commits_and_seen_at_the_last(
    store: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "CHUNK", 10)
    seen: list[list[str]] = []

    def look(_done: int, _total: int | None) -> None:
        with store.reading() as tx:
            from registers.store import registers

            seen.append([each.name for each in registers.find_all(tx.connection)])

    rows = [{"country": f"K{n}", "name": "x"} for n in range(25)]
    loaded = loading.load(store, source(rows), File(), AUTHORITY, OPERATOR, look)
    assert seen == [[], [], []]
    assert [made.entries for made in revisions_of(store)] == [0, 10, 20, 25]
    assert loaded.register.status == "published"


def test_links_within_a_long_list_may_go_ahead(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "CHUNK", 1)
    of = Definition("place", "place", (Field("place"), Field("within", register="place")))
    load(store, source([{"place": "London", "within": "England"}, {"place": "England"}], of=of))
    with pytest.raises(Wrong, match="within: 'Atlantis' is not the key of a record of town"):
        other = Definition("town", "town", (Field("town"), Field("within", register="town")))
        load(store, source([{"town": "X", "within": "Atlantis"}, {"town": "Y"}], of=other))


@pytest.mark.parametrize("after", ["0", "100", "280"])
def test_a_load_that_was_killed_is_done_anew_by_the_next(database_url: str, after: str) -> None:
    store = open_store(database_url)
    migrate(store)
    killed = subprocess.run([sys.executable, "-c", KILLED, database_url, after], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    check_all(store)
    with store.reading() as tx:
        from registers.store import registers

        assert registers.find_all(tx.connection) == []
    assert counts(load(store, countries.SOURCE)) == (280, 0, 0, 0)
    check_all(store)
    assert names_in(store) == ["country"]
    store.close()


# A file that was loaded already


class Counting:
    """A source of a file, that counts how often it is read."""

    def __init__(self) -> None:
        self.times = 0
        self.rows: list[dict[str, object]] = [{"country": "GB", "name": "Britain"}]

    def read(self, path: Path | None, options: object) -> Reading:
        self.times += 1
        return source(self.rows).read(path, {})

    def source(self) -> Source:
        return replace(source([]), read=self.read, needs_file=True)


def bring(store: Store, counting: Counting, file: File) -> tuple[int, int, int, int]:
    return counts(loading.load(store, counting.source(), file, AUTHORITY, OPERATOR, quietly))


def test_the_file_that_was_loaded_last_is_not_read_again(store: Store) -> None:
    counting = Counting()
    assert bring(store, counting, File(digest="a")) == (1, 0, 0, 0)
    assert bring(store, counting, File(digest="a")) == (0, 0, 0, 1)
    assert bring(store, counting, File(digest="a")) == (0, 0, 0, 1)
    assert counting.times == 1
    assert latest(store).unchanged == 1


def test_it_is_read_again_when_anything_is_otherwise(store: Store, tmp_path: Path) -> None:
    counting = Counting()
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("a")
    files = [File(digest="a"), File(digest="b"), File(digest="b", options={"mapping": str(mapping)})]
    for times, file in enumerate(files, 1):
        bring(store, counting, file)
        assert counting.times == times
    mapping.write_text("b")
    bring(store, counting, files[-1])
    assert counting.times == 4
    append(store, country("FR", "France"))
    bring(store, counting, files[-1])
    assert counting.times == 5


# Which records a source has confirmed


def test_what_a_file_confirms_is_kept_a_bit_an_entry(store: Store) -> None:
    load(store, source([{"country": "GB", "name": "Britain"}, {"country": "FR", "name": "France"}]))
    append(store, country("DE", "Germany"), country("FR", "La France"))
    load(store, source([{"country": "GB", "name": "Britain"}, {"country": "IT", "name": "Italy"}]))
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
        confirmed = Confirmed(comparisons.confirmations(tx.connection, register.id))
    found = {entry.key: entry.number in confirmed for entry in entries(store)}
    assert found == {"GB": True, "FR": False, "DE": False, "IT": True}  # FR as it is now was in no file


def test_bits_are_those_that_were_put_there() -> None:
    for numbers, more, size in (([], range(1, 1), 0), ([1, 9, 17], range(20, 25), 24), ([5], range(6, 7), 6)):
        kept = Confirmed([packed(numbers, more, size)])
        assert [n for n in range(size + 20) if n in kept] == [*numbers, *more]
    both = Confirmed([packed([1], range(2, 2), 3), packed([7], range(2, 2), 9)])
    assert [n for n in range(20) if n in both] == [1, 7]


def test_a_draft_that_was_loaded_can_be_dropped(store: Store) -> None:
    lifecycle.create(store, Definition("country", "country", (Field("country"), Field("name"))), AUTHORITY, OPERATOR)
    load(
        store,
        source(
            [{"country": "GB", "name": "Britain"}],
            of=Definition("country", "country", (Field("country"), Field("name"))),
        ),
    )
    lifecycle.drop(store, "country")
    assert names_in(store) == []


# What a reviewer found


def test_what_others_write_during_a_load_is_no_part_of_it(store: Store) -> None:
    rows = [{"country": f"K{n}", "name": "x"} for n in range(3)]
    counting = Counting()
    counting.rows = rows
    bring(store, counting, File(digest="a"))
    counting.rows = [*rows, {"country": "L", "name": "new"}]

    def meddle(_done: int, _total: int | None) -> None:
        append(store, country("K1", "Somebody else"))

    loading.load(store, counting.source(), File(digest="b"), AUTHORITY, OPERATOR, meddle)
    assert items(store)["K1"]["name"] == "Somebody else"
    again = loading.load(store, counting.source(), File(digest="b"), AUTHORITY, OPERATOR, quietly)
    assert (again.counts.changed, items(store)["K1"]["name"]) == (1, "x")


def test_an_applied_plan_confirms_what_it_made(store: Store) -> None:
    load(store, source([{"country": "GB", "name": "Britain"}]))
    with loading.plan(
        store, source([{"country": "GB", "name": "United Kingdom"}], dated=date(2023, 1, 1)), File(), quietly
    ) as made:
        stream = io.BytesIO(b"".join(made.lines()))
    loading.apply(store, stream, AUTHORITY, OPERATOR)
    found = latest(store)
    assert (found.source, found.dated, found.changed, found.entries) == ("given", "2023-01-01", 1, 2)
    assert 2 in Confirmed([found.confirmed])


def test_a_retired_register_says_so_to_the_same_file(store: Store) -> None:
    counting = Counting()
    bring(store, counting, File(digest="a"))
    naming.retire(store, "country", None)
    with pytest.raises(Retired):
        bring(store, counting, File(digest="a"))


def test_another_day_is_another_load_of_the_same_file(store: Store) -> None:
    counting = Counting()
    bring(store, counting, File(digest="a", as_at=date(2022, 1, 1)))
    bring(store, counting, File(digest="a", as_at=date(2022, 1, 2)))
    assert (counting.times, latest(store).dated) == (2, "2022-01-02")


def test_a_shapefile_is_known_by_all_its_parts(tmp_path: Path) -> None:
    for ending in ("shp", "dbf"):
        (tmp_path / f"a.{ending}").write_text(ending)
    before = digest_of(tmp_path / "a.shp")
    (tmp_path / "a.dbf").write_text("mended")
    assert digest_of(tmp_path / "a.shp") != before
    assert digest_of(tmp_path / "a.dbf") == digest_of(tmp_path / "a.dbf")
