"""Replaying a file onto a register that is here: what it has must be the same, and only the rest is appended."""

from __future__ import annotations

import pytest

from loaders import replay as replaying
from loaders import rsf_steps
from registers import lifecycle
from registers.definition import Field
from registers.entry import Region
from registers.errors import Conflict, Invalid, Moved
from registers.store.engine import Store
from tests.makers import (
    AUTHORITY,
    COUNTRY,
    EMPTY,
    NOW,
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
from tests.rsf_files import DE, GB, HISTORY, dump, load

LINES = rsf_of(HISTORY)
WRONG = "assert-root-hash\tsha-256:" + "ab" * 32


def unchanged(store: Store, error: type[Exception], sentence: str, lines: list[str], relaxed: bool = False) -> None:
    before = rows_in(store), head_of(store)
    with pytest.raises(error) as raised:
        load(store, lines, relaxed=relaxed)
    assert sentence in str(raised.value)
    assert (rows_in(store), head_of(store)) == before


def first_entries(count: int) -> list[str]:
    """A whole file of the first entries of the history."""
    return rsf_of(HISTORY[:count])


def test_the_same_file_again_adds_nothing(store: Store) -> None:
    load(store, LINES)
    before = rows_in(store)
    again = load(store, LINES)
    assert (again.added, again.root) == (0, head_of(store).v1_root)
    assert rows_in(store) == before


def test_a_longer_file_adds_the_rest_in_one_revision(store: Store) -> None:
    load(store, first_entries(2))
    revisions = len(revisions_of(store))
    assert load(store, LINES).added == 3
    assert len(revisions_of(store)) == revisions + 1
    load(store, LINES, "copy")
    assert head_of(store).v1_edge == head_of(store, "copy").v1_edge
    assert [e.item for e in entries_of(store)] == [e.item for e in entries_of(store, "copy")] == [1, 2, 3, 4, 1]


def test_a_shorter_file_adds_nothing(store: Store) -> None:
    load(store, LINES)
    shorter = load(store, first_entries(3))
    assert (shorter.added, head_of(store).entries) == (0, 5)


def test_a_file_goes_on_from_any_size_that_a_load_ended_at(store: Store) -> None:
    load(store, LINES, "whole")
    for size in range(1, 5):
        name = f"part-{size}"
        load(store, first_entries(size), name)
        assert load(store, dump(store, "whole", size), name).added == 5 - size
        assert load(store, dump(store, "whole", size), name).added == 0, "again, from the older root"
        assert head_of(store, name).v2_edge == head_of(store, "whole").v2_edge


def test_pieces_put_together_are_the_whole(store: Store) -> None:
    load(store, LINES, "whole")
    load(store, dump(store, "whole", 0, 1))
    for start, stop in ((1, 3), (3, 4), (4, 4), (4, 5)):
        assert load(store, dump(store, "whole", start, stop)).added == stop - start
    assert head_of(store).v1_edge == head_of(store, "whole").v1_edge


def test_a_file_goes_on_from_a_root_in_the_middle_of_a_revision(store: Store) -> None:
    """The register did have that root, at a size that `at` can ask for."""
    load(store, LINES, "whole")
    load(store, LINES)
    assert load(store, dump(store, "whole", 3)).added == 0


def test_a_file_without_a_root_at_its_start_goes_on_from_now(store: Store) -> None:
    load(store, first_entries(4))
    load(store, LINES, "whole")
    assert load(store, dump(store, "whole", 4)[1:]).added == 1


def test_a_file_that_goes_on_from_an_unknown_root_is_a_conflict(store: Store) -> None:
    load(store, LINES)
    lines = [WRONG, item_line(dict(DE)), entry_line("DE", dict(DE)), WRONG]
    unchanged(store, Conflict, "line 1: the file goes on from sha-256:abab", lines)


OTHER = ("GB", {"country": "GB", "name": "another"})


@pytest.mark.parametrize("place", range(1, 5))
def test_a_file_whose_history_differs_is_a_conflict_that_names_the_line(store: Store, place: int) -> None:
    load(store, LINES)
    lines = rsf_of([*HISTORY[:place], ("XX", {"country": "XX", "name": "x"}), *HISTORY[place:]])
    users = [n for n, line in enumerate(lines, 1) if line.startswith("append-entry\tuser")]
    sentence = f"line {users[place]}: the file's user entry {place + 1} is not the register's: histories differ"
    for relaxed in (False, True):
        unchanged(store, Conflict, sentence, lines, relaxed)


def test_a_file_that_differs_only_in_a_time_differs(store: Store) -> None:
    load(store, LINES)
    late = next(n for n, line in enumerate(LINES) if line.startswith("append-entry\tuser\tFR"))
    parts = LINES[late].split("\t")
    lines = [*LINES[:late], "\t".join([*parts[:3], "2020-01-01T00:00:00Z", parts[4]]), *LINES[late + 1 :]]
    unchanged(store, Conflict, f"line {late + 1}: the file's user entry 2 is not the register's", lines)


def test_a_file_whose_metadata_differs_is_a_conflict_too(store: Store) -> None:
    load(store, LINES)
    lines = rsf_of(HISTORY, definition(custodian="Someone else"))
    unchanged(store, Conflict, "the file's system entry 2 is not the register's", lines)


def test_a_wrong_root_is_refused_where_it_stands(store: Store) -> None:
    load(store, first_entries(3))
    for index in (2, len(first_entries(3)) - 1, len(LINES) - 2, len(LINES)):
        sentence = f"line {index + 1}: the root hash is sha-256:"
        unchanged(store, Invalid, sentence, [*LINES[:index], WRONG, *LINES[index:]])


def test_a_file_cut_short_adds_nothing(store: Store) -> None:
    load(store, first_entries(2))
    unchanged(store, Invalid, "does not end with assert-root-hash", LINES[:-1])


def test_an_orphan_item_is_refused_also_among_what_is_here(store: Store) -> None:
    load(store, LINES)
    lines = [LINES[0], item_line({"country": "XX"}), *LINES[1:]]
    unchanged(store, Invalid, "line 2: orphan item", lines)


def test_an_entry_may_name_an_item_that_is_here_and_no_other(store: Store) -> None:
    load(store, first_entries(3))
    start = f"assert-root-hash\tsha-256:{head_of(store).v1_root.hex()}"
    unchanged(store, Invalid, "line 2: orphan entry", [start, entry_line("DE", dict(DE)), WRONG])
    lines = [start, entry_line("GB", dict(GB))]
    assert load(store, lines, relaxed=True).added == 1
    assert entries_of(store)[-1].item == 1


def test_new_metadata_in_a_longer_file_is_appended(store: Store) -> None:
    wider = definition(fields=(*COUNTRY, Field("capital")))
    load(store, LINES)
    load(store, LINES, "grown")
    grown = dict(wider.entries())
    register = {name: value for name, value in grown["register:country"].items() if value}
    items = [("field:capital", wider.fields[-1].item()), ("register:country", register)]
    lifecycle.define(store, "grown", items, AUTHORITY)
    append(store, country("GB", "a", capital="London"), to="grown")
    assert load(store, dump(store, "grown")).added == 1
    for region in Region:
        assert [e.body for e in entries_of(store, region=region)] == [
            e.body for e in entries_of(store, "grown", region)
        ]


def test_metadata_that_takes_a_published_field_back_is_refused(store: Store) -> None:
    load(store, LINES)
    narrow = {"register": "country", "fields": ["country", "name"]}
    system = [n for n, line in enumerate(LINES) if line.startswith("append-entry\tsystem")]
    lines = [*LINES[: system[-1] + 1], item_line(dict(narrow))]
    lines += [entry_line("register:country", dict(narrow), NOW, "system"), *LINES[system[-1] + 1 :]]
    unchanged(store, Invalid, "cannot be removed: fields are only ever added", lines)


def test_metadata_alone_counts_no_entries(store: Store) -> None:
    load(store, LINES)
    load(store, LINES, "grown")
    lifecycle.define(store, "grown", [("custodian", {"custodian": "B"})], AUTHORITY)
    grown = load(store, dump(store, "grown"))
    assert (grown.added, grown.root) == (0, head_of(store).v1_root)
    assert head_of(store).metadata_root == head_of(store, "grown").metadata_root


def test_a_register_that_moved_on_while_the_file_was_read_is_left_alone(
    store: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store, first_entries(2))
    reading = rsf_steps._Items.check_used

    def check_used(items: object) -> None:
        append(store, country("IT", "meanwhile"))
        reading(items)  # type: ignore[arg-type]

    monkeypatch.setattr(rsf_steps._Items, "check_used", check_used)
    with pytest.raises((Moved, Invalid)):
        load(store, LINES)
    assert [e.key for e in entries_of(store)] == ["GB", "FR", "IT"]


def test_the_word_is_moved_when_times_do_not_give_it_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    load(store, first_entries(2))
    appending = replaying._append_onto

    def append_onto(*given: object) -> object:
        return appending(*given[:4], given[4] - 1)  # type: ignore[arg-type, operator]

    monkeypatch.setattr(replaying, "_append_onto", append_onto)
    unchanged(store, Moved, "the register country has moved on while the file was read; load it again", LINES)


def test_a_draft_may_be_loaded_onto(store: Store) -> None:
    make(store)
    lines = [f"assert-root-hash\t{EMPTY}", *dump(store)[1:-1]]
    item = {"country": "GB", "name": "a"}
    lines += [item_line(dict(item)), entry_line("GB", dict(item))]
    assert load(store, lines, relaxed=True).added == 1
    with store.reading() as tx:
        assert lifecycle.snapshot.find_register(tx, "country").status == "draft"
    assert names_in(store) == ["country"]


def test_a_file_that_opens_with_metadata_alone_goes_on_from_now(store: Store) -> None:
    load(store, LINES)
    item = {"custodian": "B"}
    lines = [item_line(dict(item)), entry_line("custodian", dict(item), NOW, "system")]
    lines.append(f"assert-root-hash\tsha-256:{head_of(store).v1_root.hex()}")
    assert load(store, lines).added == 0
    assert entries_of(store, region=Region.METADATA)[-1].key == "custodian"
