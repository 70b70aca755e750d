"""Replaying a file as a new register: entry by entry as it stands, all of it or nothing."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from loaders import replay as replaying
from loaders import rsf_steps
from loaders.replay import name_in, replay
from loaders.rsf_steps import Load
from registers import batch as batches
from registers import founding, lifecycle, links, snapshot
from registers.definition import Field
from registers.entry import Region
from registers.errors import Conflict, Invalid, Moved
from registers.fsck import check_all
from registers.opening import open_store
from registers.store import registers
from registers.store.engine import Store
from tests.makers import (
    AUTHORITY,
    COUNTRY,
    NOW,
    OPERATOR,
    CheckedStore,
    append,
    country,
    definition,
    entries_of,
    entry_line,
    head_of,
    item_line,
    make,
    names_in,
    revisions_of,
    rows_in,
    rsf_of,
)
from tests.rsf_files import HISTORY, dump, file_of, load

LINES = rsf_of(HISTORY)


def facts(store: Store, name: str, region: Region = Region.USER) -> list[tuple[object, ...]]:
    return [(e.number, e.key, e.timestamp, e.item, e.body) for e in entries_of(store, name, region)]


# What a load makes


def test_a_file_becomes_a_published_register(store: Store) -> None:
    loaded = load(store, LINES)
    assert (loaded.register.name, loaded.register.status, loaded.register.loading) == ("country", "published", False)
    assert loaded.register.key_field == "country" and loaded.register.origin == f"{OPERATOR}/country"
    assert loaded.added == 5 and LINES[-1] == f"assert-root-hash\tsha-256:{loaded.root.hex()}"
    assert [(e.key, json.loads(e.body)) for e in entries_of(store)] == HISTORY
    assert [e.timestamp for e in entries_of(store)] == [NOW - 1000 + n for n in range(1, 6)]
    with store.reading() as tx:
        assert snapshot.read_definition(tx, loaded.register) == definition()
    assert revisions_of(store)[-1].source == AUTHORITY.source


def test_a_register_may_be_loaded_under_another_name(store: Store) -> None:
    loaded = load(store, LINES, "land")
    assert loaded.register.name == "land" and names_in(store) == ["land"]
    assert loaded.root == load(store, LINES).root, "leaves hold no register's name"
    with store.reading() as tx:
        made = snapshot.read_definition(tx, loaded.register)
    assert made is not None and (made.name, made.key_field) == ("land", "country")


def test_a_dump_replays_to_the_same_root(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("GB", "b"), country("GB", "a"), country("FR", "c", end_date="1999"))
    lifecycle.define(store, "country", [("custodian", {"custodian": "A"})], AUTHORITY)
    append(store, country("FR", 'é𝄞\n"\\\x01', citizen_names=["x", "y"]), country("a/b.c-d_e", "d"))
    load(store, dump(store), "copy")
    for region in Region:
        assert facts(store, "copy", region) == facts(store, "country", region)
    here, there = head_of(store), head_of(store, "copy")
    assert (here.v1_root, here.v2_root, here.metadata_root) == (there.v1_root, there.v2_root, there.metadata_root)
    assert dump(store, "copy") == dump(store)


def test_an_item_in_both_regions_is_carried_in_both(store: Store) -> None:
    """As in the published registers `field` and `register`, whose records are their own metadata's items."""
    fields = [Field("field"), Field("datatype"), Field("cardinality"), Field("phase"), Field("text")]
    make(store, "field", fields)
    item = {"field": "field", "datatype": "string", "cardinality": "1", "phase": "beta"}
    lifecycle.append(store, "field", [batches.Change("field", item)], AUTHORITY)
    lines = dump(store, "field")
    assert lines.count(item_line(dict(item))) == 2
    load(store, lines, "copy")
    assert head_of(store, "copy").v1_root == head_of(store, "field").v1_root


def test_crlf_is_tolerated(store: Store) -> None:
    content = "".join(f"{line}\r\n" for line in LINES).encode()
    assert replay(store, "country", io.BytesIO(content), Load(AUTHORITY, OPERATOR)).added == 5


def test_metadata_may_stand_between_entries(store: Store) -> None:
    wider = definition(fields=(*COUNTRY, Field("capital")))
    capital = [entry for entry in wider.entries() if entry[0] in ("field:capital", "register:country")]
    make(store)
    append(store, country("GB", "a"))
    first = dump(store)[:-1]
    items = {key: {name: value for name, value in item.items() if value} for key, item in capital}
    second = [item_line(dict(item)) for item in items.values()]
    second += [entry_line(key, dict(item), NOW, "system") for key, item in items.items()]
    third = {"country": "GB", "name": "a", "capital": "London"}
    lines = [*first, *second, item_line(dict(third)), entry_line("GB", dict(third))]
    load(store, lines, "copy", relaxed=True)
    assert facts(store, "copy")[-1][4] == json.dumps(dict(sorted(third.items())), separators=(",", ":"))


def test_a_register_may_have_no_entries_yet(store: Store) -> None:
    assert load(store, rsf_of([])).added == 0
    assert head_of(store).entries == 0 and names_in(store) == ["country"]


def test_progress_tells_the_bytes_read(sqlite_store: Store) -> None:
    told: list[int] = []
    replay(sqlite_store, "country", file_of(LINES), Load(AUTHORITY, OPERATOR, progress=told.append))
    assert told == sorted(told) and told[-1] == len(file_of(LINES).getvalue())


def test_a_long_file_is_written_in_commits_of_its_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rsf_steps, "BATCH", 2)
    seen: list[list[str]] = []
    appending = replaying.log.append

    def look(*given: object) -> object:
        with store.reading() as tx:
            seen.append([register.name for register in registers.find_all(tx.connection)])
        return appending(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(replaying.log, "append", look)
    load(store, LINES)
    assert len(revisions_of(store)) == len(seen) > 4
    assert not any(seen), "nobody else sees it before the last commit"


def test_a_load_of_one_batch_and_of_many_make_the_same_log(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    load(store, LINES)
    monkeypatch.setattr(rsf_steps, "BATCH", 2)
    load(store, LINES, "copy")
    assert facts(store, "copy") == facts(store, "country")
    assert head_of(store, "copy").v2_edge == head_of(store).v2_edge


# The name in the file


def test_a_file_names_its_register() -> None:
    stream = file_of(LINES)
    assert name_in(stream) == "country" and stream.tell() == 0


def test_a_part_of_a_register_does_not_name_it() -> None:
    with pytest.raises(Invalid, match="does not name its register, so say which one it is with --as NAME"):
        name_in(file_of(line for line in LINES if "\tsystem\t" not in line))


@pytest.mark.parametrize("name", ["No", "", "a b", "ä"])
def test_a_bad_name_is_refused(sqlite_store: Store, name: str) -> None:
    with pytest.raises(Invalid, match="is not a name"):
        load(sqlite_store, LINES, name)
    with pytest.raises(Invalid, match="is not a name"):
        name_in(io.BytesIO(f"append-entry\tsystem\tregister:{name}\t\n".encode()))


# Links


TOWN = [Field("town"), Field("country", register="country"), Field("twin", register="town")]


def town_lines(*items: dict[str, object]) -> list[str]:
    return rsf_of([(str(item["town"]), item) for item in items], definition("town", TOWN))


def test_links_are_judged_when_the_load_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rsf_steps, "BATCH", 1)
    load(store, LINES)
    lines = town_lines({"town": "A", "twin": "B", "country": "GB"}, {"town": "B", "twin": "A"})
    assert load(store, lines, "town").added == 2


def test_a_link_to_nothing_is_refused_by_line_and_leaves_nothing(store: Store) -> None:
    load(store, LINES)
    before = rows_in(store)
    lines = town_lines({"town": "A", "country": "GB"}, {"town": "B", "country": "XX"})
    line = next(n for n, text in enumerate(lines, 1) if text.startswith("append-entry\tuser\tB"))
    with pytest.raises(Invalid, match=f"^line {line}: country: 'XX' is not the key of a record of country"):
        load(store, lines, "town")
    assert rows_in(store) == before
    notes: list[str] = []
    assert load(store, lines, "town", relaxed=True, notes=notes).added == 2
    assert len(notes) == 1 and f"line {line}: country: 'XX'" in notes[0]


def test_dangling_links_are_found_again_by_a_check(store: Store) -> None:
    load(store, LINES)
    loaded = load(store, town_lines({"town": "A", "country": "XX"}), "town", relaxed=True)
    assert [link.key for link in links.check_links(store, loaded.register, definition("town", TOWN))] == ["XX"]


# Loads that did not end


def test_what_a_killed_load_left_is_taken_away_by_the_next(store: Store) -> None:
    with store.writing() as tx:
        lifecycle.add(tx, "country", OPERATOR, loading=True)
        other = lifecycle.add(tx, "other", OPERATOR, loading=True)
    load(store, LINES)
    assert names_in(store) == ["country", "other"]
    with store.reading() as tx:
        assert registers.get(tx.connection, other.id) == other


@pytest.mark.parametrize("commits", [1, 3])
def test_a_load_killed_in_the_middle_is_not_there_and_is_done_again(store: CheckedStore, commits: int) -> None:
    url = store.url.render_as_string(hide_password=False)
    process = multiprocessing.get_context("spawn").Process(target=load_and_die, args=(url, commits))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    with store.reading() as tx:
        assert registers.find_all(tx.connection) == []
        assert len(registers.find_all(tx.connection, loading=True)) == 1
    check_all(store)
    assert load(store, LINES).added == 5
    assert names_in(store) == ["country"]


def load_and_die(url: str, commits: int) -> None:
    """Kill the process at its `commits`th append, after it has written and before it commits."""
    rsf_steps.BATCH = 2
    appending, done = replaying.log.append, iter(range(1, 100))

    def append_and_die(*given: object) -> object:
        appended = appending(*given)  # type: ignore[arg-type]
        if next(done) > commits:
            os.kill(os.getpid(), signal.SIGKILL)
        return appended

    replaying.log.append = append_and_die  # type: ignore[assignment]
    load(open_store(url), LINES)


def test_a_name_taken_meanwhile_is_a_conflict_and_leaves_nothing_of_the_load(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    showing = founding.show

    def show(*given: object) -> object:
        make(store)
        return showing(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(founding, "show", show)
    with pytest.raises(Conflict, match="another load has made the register country meanwhile"):
        load(store, LINES)
    assert names_in(store) == ["country"] and head_of(store).entries == 0


def test_of_two_loads_of_one_name_the_later_wins_and_the_other_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    filling = replaying._fill

    def fill(*given: object) -> object:
        monkeypatch.undo()
        load(store, LINES)
        return filling(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(replaying, "_fill", fill)
    with pytest.raises(Moved, match="the register country was taken away"):
        load(store, LINES)
    assert names_in(store) == ["country"] and head_of(store).entries == 5


ARCHIVED: list[tuple[str, dict[str, object]]] = [
    ("GB", {"country": "GB", "start": "2016-04-05T13:23:05"}),
    ("GB", {"country": "GB", "start": "2016-04-05T13:23:05"}),
    ("FR", {"country": "FR", "owner": " person:7"}),
]
AS_ARCHIVED = rsf_of(ARCHIVED, definition(fields=(*COUNTRY[:2], Field("start", "datetime"), Field("owner", "curie"))))


def test_relaxed_takes_what_the_archive_holds_and_says_so(store: Store) -> None:
    with pytest.raises(Invalid, match="^line [0-9]+: start: "):
        load(store, AS_ARCHIVED)
    notes: list[str] = []
    assert load(store, AS_ARCHIVED, relaxed=True, notes=notes).added == 3
    said = " ".join(notes)
    assert "start: " in said and "owner: " in said and "already the current record of 'GB'" in said


def test_what_relaxed_takes_is_said_by_line(sqlite_store: Store) -> None:
    notes: list[str] = []
    load(sqlite_store, AS_ARCHIVED, relaxed=True, notes=notes)
    assert [note for note in notes if not note.startswith("line ")] == []
