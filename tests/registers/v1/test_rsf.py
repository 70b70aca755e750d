"""RSF: what a line may be, with an error that names it; and what is written."""

from __future__ import annotations

import io

import pytest

from registers import snapshot, trees
from registers.entry import Entry, Region
from registers.errors import Invalid
from registers.merkle import EMPTY_ROOT
from registers.store.engine import Store
from registers.v1 import rsf
from tests.makers import EMPTY, append, country, entry_line, head_of, item_line, make

HASH = "sha-256:" + "ab" * 32
TIME = "2016-04-05T13:23:05Z"


def parsed(*lines: str) -> list[rsf.Command]:
    return list(rsf.parse(io.BytesIO("".join(f"{line}\n" for line in lines).encode())))


def test_each_command_is_read_with_its_line() -> None:
    assert parsed(f"assert-root-hash\t{HASH}", 'add-item\t{"a":"b"}', f"append-entry\tuser\tGB\t{TIME}\t{HASH}") == [
        rsf.AssertRoot(1, bytes.fromhex("ab" * 32)),
        rsf.AddItem(2, '{"a":"b"}'),
        rsf.AppendEntry(3, Region.USER, "GB", 1459862585, bytes.fromhex("ab" * 32)),
    ]


def test_system_is_the_metadata_region() -> None:
    (command,) = parsed(f"append-entry\tsystem\tfield:name\t{TIME}\t{HASH}")
    assert isinstance(command, rsf.AppendEntry) and command.region is Region.METADATA


def test_crlf_is_tolerated() -> None:
    assert list(rsf.parse(io.BytesIO(f"assert-root-hash\t{HASH}\r\n".encode()))) == parsed(f"assert-root-hash\t{HASH}")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "is blank"),
        ("  ", "is blank"),
        ("add-items\t{}", "'add-items' is not a command of RSF"),
        ("ADD-ITEM\t{}", "is not a command of RSF"),
        (" add-item\t{}", "is not a command of RSF"),
        ("add-item {}", "is not a command of RSF"),
        ("# a comment", "is not a command of RSF"),
        ("add-item", "add-item has 0 arguments"),
        ("add-item\t{}\t{}", "add-item has 2 arguments"),
        ("add-item\t{}\t", "add-item has 2 arguments"),
        ("assert-root-hash", "assert-root-hash has 0 arguments"),
        (f"assert-root-hash\t{HASH}\t{HASH}", "assert-root-hash has 2 arguments"),
        (f"append-entry\tuser\tGB\t{TIME}", "append-entry has 3 arguments"),
        (f"append-entry\tuser\tGB\t{TIME}\t{HASH}\tx", "append-entry has 5 arguments"),
        (f"append-entry\tGB\t{TIME}\t{HASH}", "append-entry has 3 arguments"),
        (f"append-entry\tUser\tGB\t{TIME}\t{HASH}", "'User' is neither user nor system"),
        (f"append-entry\tuser\tGB\t2016-04-05\t{HASH}", "'2016-04-05' is not a timestamp"),
        (f"append-entry\tuser\tGB\t2016-04-05T13:23:05.1Z\t{HASH}", "is not a timestamp"),
        (f"append-entry\tuser\tGB\t2016-02-30T13:23:05Z\t{HASH}", "is not a timestamp"),
        (f"append-entry\tuser\tGB\t{TIME}\t{HASH.upper()}", "64 lower-case hexadecimal digits"),
        (f"append-entry\tuser\tGB\t{TIME}\t{'ab' * 32}", "64 lower-case hexadecimal digits"),
        (f"append-entry\tuser\tGB\t{TIME}\t{HASH};{HASH}", "64 lower-case hexadecimal digits"),
        (f"assert-root-hash\t{HASH[:-1]}", "64 lower-case hexadecimal digits"),
        ("assert-root-hash\t1220" + "ab" * 32, "64 lower-case hexadecimal digits"),
    ],
)
def test_what_is_not_rsf_is_refused_by_its_line(line: str, sentence: str) -> None:
    with pytest.raises(Invalid) as error:
        parsed(f"assert-root-hash\t{HASH}", line)
    assert str(error.value).startswith("line 2: ")
    assert sentence in str(error.value)


def test_a_byte_order_mark_broken_utf8_and_a_missing_end_are_refused_by_their_line() -> None:
    contents = {
        b"\xef\xbb\xbfassert-root-hash\t": "line 1: the file begins with a byte order mark",
        f"assert-root-hash\t{HASH}\n".encode() + b"add-item\t\xff\n": "line 2: is not UTF-8 at byte 10",
        f"assert-root-hash\t{HASH}".encode(): "line 1: the file ends in the middle of it",
    }
    for content, sentence in contents.items():
        with pytest.raises(Invalid, match=sentence):
            list(rsf.parse(io.BytesIO(content + (b"\n" if content.startswith(b"\xef") else b""))))


def test_an_empty_file_has_no_commands() -> None:
    assert parsed() == []


# Writing


def written(store: Store, first: int = 0, last: int | None = None) -> list[str]:
    """The RSF of entries first+1 … last, with metadata when it starts from nothing."""
    head = head_of(store)
    last = head.entries if last is None else last

    def entries(region: Region) -> list[Entry]:
        start, stop = (first + 1, last) if region is Region.USER else (1, head.metadata_entries)
        return list(snapshot.stream_entries(store, head.register_id, region, start, stop))

    with store.reading() as tx:
        roots = [trees.root_at(tx, head.register_id, trees.V1, size) for size in (first, last)]
    regions = [Region.METADATA, Region.USER] if first == 0 else [Region.USER] if last > first else []
    return "".join(rsf.write(*roots, regions, entries)).split("\n")[:-1]


def test_a_whole_file_is_items_metadata_entries_between_two_roots(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("FR", "b"))
    lines = written(store)
    commands = [line.split("\t")[0] for line in lines]
    metadata = head_of(store).metadata_entries
    added = ["add-item"] * (metadata + 2)
    assert commands == ["assert-root-hash", *added, *["append-entry"] * (metadata + 2), "assert-root-hash"]
    assert [line.split("\t")[1] for line in lines if line.startswith("append")] == ["system"] * metadata + ["user"] * 2
    assert lines[0] == f"assert-root-hash\t{EMPTY}"
    assert lines[-1] == f"assert-root-hash\tsha-256:{head_of(store).v1_root.hex()}"
    gb = {"country": "GB", "name": "a"}
    assert lines[metadata + 1] == item_line(dict(gb)) and entry_line("GB", dict(gb)) in lines


def test_an_item_is_written_once_where_it_is_first_used(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("GB", "b"), country("GB", "a"), country("GB", "b"), country("GB", "c"))
    items = [line for line in written(store) if '"country":"GB"' in line]
    assert [line.split('"name":"')[1][0] for line in items] == ["a", "b", "c"]


def test_a_part_brings_every_item_that_its_entries_use(store: Store) -> None:
    make(store)
    names = ["a", "b", "a", "b", "a", "c"]
    append(store, *(country("GB", name) for name in names))
    for first in range(1, 6):
        for last in range(first + 1, 7):
            items = [line.split('"name":"')[1][0] for line in written(store, first, last) if line.startswith("add")]
            assert items == list(dict.fromkeys(names[first:last])), f"entries {first + 1} to {last}"


def test_a_part_names_no_metadata(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"), country("FR", "b"))
    assert [line.split("\t")[:2] for line in written(store, 1) if line.startswith("append")] == [
        ["append-entry", "user"]
    ]


def test_nothing_new_is_one_line(store: Store) -> None:
    make(store)
    append(store, country("GB", "a"))
    assert written(store, 1, 1) == [f"assert-root-hash\tsha-256:{head_of(store).v1_root.hex()}"]


def test_a_register_without_entries_is_written_with_its_metadata(store: Store) -> None:
    make(store)
    lines = written(store)
    assert lines[0] == lines[-1] == f"assert-root-hash\t{EMPTY}"
    assert EMPTY_ROOT.hex() in EMPTY and len(lines) == 2 + 2 * head_of(store).metadata_entries
