"""What a replay refuses: by line, and leaving nothing behind."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from loaders.replay import replay
from loaders.rsf_steps import Load
from registers.canonical import canonical_json
from registers.definition import Field
from registers.errors import Invalid, RegistersError
from registers.store.engine import Store
from tests.makers import (
    AUTHORITY,
    EMPTY,
    NOW,
    OPERATOR,
    append,
    country,
    definition,
    entry_line,
    item_line,
    leaf_bytes,
    make,
    naive_root,
    names_in,
    rows_in,
    rsf_of,
)
from tests.rsf_files import FR, GB, HISTORY, file_of, load

LINES = rsf_of(HISTORY)
USERS = [n for n, line in enumerate(LINES) if line.startswith("append-entry\tuser")]
SYSTEM = [n for n, line in enumerate(LINES) if line.startswith("append-entry\tsystem")]
ITEM = next(n for n, line in enumerate(LINES) if '"United Kingdom"' in line)
WRONG = "assert-root-hash\tsha-256:" + "ab" * 32


def changed(index: int, *lines: str) -> list[str]:
    """The file with one line replaced by others, or by none."""
    return [*LINES[:index], *lines, *LINES[index + 1 :]]


def refused(store: Store, lines: Sequence[str], sentence: str, relaxed: bool = False) -> None:
    before = rows_in(store)
    with pytest.raises(Invalid) as error:
        load(store, lines, relaxed=relaxed)
    assert sentence in str(error.value)
    assert rows_in(store) == before and names_in(store) == []


def spelled(line: str, old: str, new: str) -> str:
    assert old in line
    return line.replace(old, new)


def spellings() -> list[object]:
    """Each a line of the file written wrong, and what is said of it."""
    at = {name: index + 1 for name, index in (("item", ITEM), ("entry", USERS[0]))}
    item, entry = LINES[ITEM], LINES[USERS[0]]
    wrong = {
        "blank": (USERS[0], "", f"line {at['entry']}: is blank"),
        "unknown command": (USERS[0], "append\tuser", f"line {at['entry']}: 'append' is not a command"),
        "too many tabs": (USERS[0], f"{entry}\t", f"line {at['entry']}: append-entry has 5 arguments"),
        "too few tabs": (ITEM, "add-item", f"line {at['item']}: add-item has 0 arguments"),
        "bad hash": (USERS[0], entry[:-1], f"line {at['entry']}: a hash is written"),
        "bad time": (USERS[0], spelled(entry, "Z", ""), f"line {at['entry']}: '2023"),
        "bad region": (USERS[0], spelled(entry, "user", "usr"), f"line {at['entry']}: 'usr' is neither"),
        "bad key": (USERS[0], spelled(entry, "\tGB\t", "\tG B\t"), f"line {at['entry']}: key 'G B' breaks"),
        "key and item differ": (USERS[0], spelled(entry, "\tGB\t", "\tXX\t"), f"line {at['entry']}: country: is 'GB'"),
        "white space in JSON": (ITEM, spelled(item, ":", ": "), f"line {at['item']}: non canonical JSON"),
        "order in JSON": (ITEM, 'add-item\t{"name":"b","country":"a"}', f"line {at['item']}: non canonical JSON"),
        "escape in JSON": (ITEM, 'add-item\t{"country":"\\u00e9"}', f"line {at['item']}: non canonical JSON"),
        "lower-case escape": (ITEM, 'add-item\t{"country":"\\u000b"}', f"line {at['item']}: non canonical JSON"),
        "escaped slash": (ITEM, 'add-item\t{"country":"\\/"}', f"line {at['item']}: non canonical JSON"),
        "empty value": (ITEM, 'add-item\t{"country":"a","name":""}', f"line {at['item']}: non canonical JSON"),
        "not in NFC": (ITEM, 'add-item\t{"country":"e\u0301"}', f"line {at['item']}: non canonical JSON"),
        "not JSON": (ITEM, "add-item\t{", f"line {at['item']}: the item is not JSON"),
        "no object": (ITEM, 'add-item\t["a"]', f"line {at['item']}: an item is a JSON object"),
        "number": (ITEM, 'add-item\t{"country":1}', f"line {at['item']}: country: a value is text"),
        "member twice": (ITEM, 'add-item\t{"a":"b","a":"b"}', f"line {at['item']}: a: the member is given twice"),
        "U+0000": (ITEM, 'add-item\t{"a":"\\u0000"}', f"line {at['item']}: a: a value may not contain U+0000"),
        "surrogate": (ITEM, 'add-item\t{"a":"\\ud800"}', f"line {at['item']}: a: '\\ud800' contains half"),
        "redacted": (ITEM, 'add-item\t{"a":"**REDACTED**x"}', f"line {at['item']}: a: a value may not begin"),
    }
    return [pytest.param(*given, id=name) for name, given in wrong.items()]


@pytest.mark.parametrize(("index", "line", "sentence"), spellings())
@pytest.mark.parametrize("relaxed", [False, True])
def test_a_line_that_is_wrong_is_refused_relaxed_or_not(
    sqlite_store: Store, index: int, line: str, sentence: str, relaxed: bool
) -> None:
    refused(sqlite_store, changed(index, line), sentence, relaxed)


def test_an_entry_whose_item_is_not_there_is_an_orphan(sqlite_store: Store) -> None:
    refused(sqlite_store, changed(ITEM), f"line {USERS[0]}: orphan entry: its item sha-256:")


def test_an_entry_before_its_item_is_an_orphan(sqlite_store: Store) -> None:
    lines = changed(ITEM)
    lines.insert(USERS[0], LINES[ITEM])
    refused(sqlite_store, lines, f"line {USERS[0]}: orphan entry")


def test_an_item_that_nothing_names_is_an_orphan(sqlite_store: Store) -> None:
    for index in (1, ITEM, USERS[2]):
        line = item_line({"country": "XX"})
        sentence = f"line {index + 1}: orphan item: no entry of the file names sha-256:"
        refused(sqlite_store, [*LINES[:index], line, *LINES[index:]], sentence)


def test_a_wrong_root_is_refused_where_it_stands(sqlite_store: Store) -> None:
    for index in (0, SYSTEM[0], USERS[0], USERS[2], len(LINES)):
        sentence = f"line {index + 1}: the root hash is sha-256:"
        refused(sqlite_store, [*LINES[:index], WRONG, *LINES[index:]], sentence)
        refused(sqlite_store, [*LINES[:index], WRONG, *LINES[index:]], sentence, relaxed=True)


def test_right_roots_may_stand_anywhere(store: Store) -> None:
    leaves = [leaf_bytes(n, key, NOW - 1000 + n, canonical_json(item)) for n, (key, item) in enumerate(HISTORY, 1)]
    lines = LINES[: USERS[0]]
    for n, index in enumerate(USERS):
        lines += [f"assert-root-hash\tsha-256:{naive_root(leaves[:n]).hex()}", LINES[index]]
    assert load(store, [*lines, LINES[-1]]).added == 5


def test_a_root_of_two_entries_too_early_or_too_late_is_wrong(sqlite_store: Store) -> None:
    moved = [*LINES[: USERS[-1]], LINES[-1], LINES[USERS[-1]], LINES[-1]]
    refused(sqlite_store, moved, f"line {USERS[-1] + 1}: the root hash is")


def test_without_a_root_at_the_end_the_file_may_be_cut_short(store: Store) -> None:
    refused(store, LINES[:-1], "the file does not end with assert-root-hash: it may be cut short")
    notes: list[str] = []
    assert load(store, LINES[:-1], relaxed=True, notes=notes).added == 5
    assert any("it may be cut short" in note for note in notes)


def test_an_empty_file_is_refused_relaxed_or_not(sqlite_store: Store) -> None:
    for relaxed in (False, True):
        refused(sqlite_store, [], "the file is empty", relaxed)


def test_a_file_cut_at_any_line_leaves_nothing(sqlite_store: Store) -> None:
    for length in range(1, len(LINES)):
        with pytest.raises(Invalid):
            load(sqlite_store, LINES[:length])
        assert sum(rows_in(sqlite_store).values()) == 0


def test_a_file_cut_inside_a_line_leaves_nothing(sqlite_store: Store) -> None:
    content = file_of(LINES).getvalue()
    for length in [*range(0, len(content), 97), len(content) - 1]:
        with pytest.raises(RegistersError):
            replay(sqlite_store, "country", io.BytesIO(content[:length]), Load(AUTHORITY, OPERATOR))
        assert sum(rows_in(sqlite_store).values()) == 0


def test_a_load_that_fails_after_some_commits_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.rsf_steps.BATCH", 1)
    append(store, country("GB", "kept"), to=make(store, "land").name)
    before = rows_in(store)
    with pytest.raises(Invalid, match="the root hash is"):
        load(store, [*LINES[:-1], WRONG])
    assert rows_in(store) == before and names_in(store) == ["land"]


def test_what_stops_a_load_from_outside_leaves_nothing(store: Store) -> None:
    def stop(_bytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(store, "country", file_of(LINES), Load(AUTHORITY, OPERATOR, progress=stop))
    assert sum(rows_in(store).values()) == 0


# What an entry may be: the rules of the log, by line


def with_entries(*changes: tuple[str, dict[str, object], int]) -> list[str]:
    """A file of these entries and times; its last root is not that of them."""
    lines = rsf_of([])[:-1]
    items = [item_line(item) for _, item, _ in changes]
    return [*lines, *items, *(entry_line(*change) for change in changes), WRONG]


OTHER = {"country": "GB", "name": "b"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([("GB", GB, NOW), ("GB", GB, NOW)], "the item is already the current record of 'GB'"),
        ([("GB", GB, NOW), ("FR", FR, NOW - 1)], "2023-11-14T22:13:19Z is before the entry it follows"),
        ([("GB", {**GB, "colour": "red"}, NOW)], "'colour' is not a field"),
        ([("GB", {**GB, "name": ["a"]}, NOW)], "name: holds one value, and was given a list"),
        ([("GB", {**GB, "citizen-names": ["a", "a"]}, NOW)], "citizen-names: 'a' is in the list twice"),
        ([("GB", {**GB, "citizen-names": ["a;b"]}, NOW)], "citizen-names: 'a;b' contains a ;"),
        ([("a.csv", {"country": "a.csv"}, NOW)], "key 'a.csv' ends like a format"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused_by_its_line(
    sqlite_store: Store, changes: list[tuple[str, dict[str, object], int]], sentence: str
) -> None:
    lines = with_entries(*changes)
    refused(sqlite_store, lines, f"line {len(lines) - 1}: {sentence}")


def test_an_entry_from_the_future_is_refused_relaxed_or_not(sqlite_store: Store) -> None:
    lines = with_entries(("GB", dict(GB), NOW + 1))
    for relaxed in (False, True):
        refused(sqlite_store, lines, f"line {len(lines) - 1}: 2023-11-14T22:13:21Z is in the future", relaxed)


def test_an_entry_before_the_fields_is_refused(sqlite_store: Store) -> None:
    lines = [f"assert-root-hash\t{EMPTY}", item_line(dict(GB)), entry_line("GB", dict(GB)), WRONG]
    refused(sqlite_store, lines, "the register has no definition yet")


def test_an_entry_before_the_fields_is_refused_by_its_line(sqlite_store: Store) -> None:
    lines = [f"assert-root-hash\t{EMPTY}", item_line(dict(GB)), entry_line("GB", dict(GB)), WRONG]
    refused(sqlite_store, lines, "line 3: ")


def test_a_file_without_fields_is_refused(sqlite_store: Store) -> None:
    item = {"custodian": "A"}
    lines = [f"assert-root-hash\t{EMPTY}", item_line(dict(item)), entry_line("custodian", dict(item), NOW, "system")]
    refused(sqlite_store, [*lines, f"assert-root-hash\t{EMPTY}"], "the file has no register:<id> entry")


def test_metadata_of_an_unknown_kind_is_refused_by_line_and_tolerated_when_relaxed(sqlite_store: Store) -> None:
    item = {"colour": "red"}
    lines = [*LINES[: SYSTEM[0]], item_line(dict(item)), entry_line("colour", dict(item), NOW - 1000, "system")]
    lines += LINES[SYSTEM[0] :]
    refused(sqlite_store, lines, f"line {SYSTEM[0] + 2}: 'colour' is not a metadata key")
    assert load(sqlite_store, lines, relaxed=True).added == 5


def test_a_field_that_is_listed_and_not_defined_is_refused(sqlite_store: Store) -> None:
    lines = rsf_of([], definition(fields=["country", Field("name")]))
    gone = next(n for n, line in enumerate(lines) if line.startswith("append-entry\tsystem\tfield:name"))
    body = next(n for n, line in enumerate(lines) if '"field":"name"' in line)
    kept = [line for n, line in enumerate(lines) if n not in (gone, body)]
    refused(sqlite_store, kept, "lists the field 'name', and no metadata entry field:name defines it")


def test_a_slice_of_a_register_that_is_not_here_is_refused(sqlite_store: Store) -> None:
    later = ["assert-root-hash\tsha-256:" + "cd" * 32, item_line(dict(GB)), entry_line("GB", dict(GB)), WRONG]
    refused(sqlite_store, later, f"line 1: the root hash is {EMPTY} here")
