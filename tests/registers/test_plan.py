"""A plan's bytes: what is written is read back, and anything else is refused by its line."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers import plan
from registers.batch import NEW, Change
from registers.errors import Invalid
from registers.plan import Header

HEADER = Header("country", "registers.example.org/country", 7, "sha-256:" + "0" * 64, "given", "1" * 64, "2024-02-29")
OLD = sha256(b"old").digest()
CHANGES = [Change("GB", {"country": "GB", "name": "é"}, replaces=NEW), Change("FR", {"country": "FR"}, replaces=OLD)]


def written(header: Header = HEADER, changes: list[Change] = CHANGES) -> list[bytes]:
    return [line.encode() for line in plan.lines(header, changes)]


def read(lines: list[bytes]) -> tuple[Header, list[Change]]:
    header, changes = plan.read(lines)
    return header, list(changes)


def test_what_is_written_is_read() -> None:
    header, changes = read(written())
    assert header == HEADER
    assert [(each.key, each.item, each.replaces) for each in changes] == [(c.key, c.item, c.replaces) for c in CHANGES]
    assert [each.place for each in changes] == ["line 2 of the plan", "line 3 of the plan"]


def test_a_definition_goes_along() -> None:
    field = Change("field:tree", {"field": "tree"}, place="field:tree", replaces=NEW)
    register = Change("register:tree", {"fields": ["tree"]}, place="register:tree", replaces=OLD)
    header = Header("tree", dated="2024-01-01", definition=(field, register))
    assert read(written(header, []))[0] == header
    assert header.fields == ["tree"]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
            st.dictionaries(st.text("abc-", min_size=1), st.text('a é\n"\\', min_size=1), max_size=3),
            st.sampled_from([NEW, OLD]),
        ),
        max_size=5,
    )
)
def test_any_changes_come_back_from_a_file(made: list[tuple[str, dict[str, str], bytes]]) -> None:
    changes = [Change(key, item, replaces=replaces) for key, item, replaces in made]
    content = b"".join(written(HEADER, changes))
    found = read(content.splitlines(keepends=True))[1]
    assert [(each.key, each.item, each.replaces) for each in found] == [(c.key, c.item, c.replaces) for c in changes]
    assert content == b"".join(written(HEADER, found))


def test_its_name_is_the_hash_of_its_bytes() -> None:
    content = b"".join(written())
    assert plan.digest_of(content) == sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "line 1 is not one of a plan"),
        ([b"<html>"], "line 1 is not one of a plan"),
        ([b"[" * 100_000], "line 1 is not one of a plan"),
        ([b"{}"], "not a plan of version 1"),
        ([b'{"plan":2}'], "not a plan of version 1"),
        ([b'{"plan":1}'], "not as plans begin"),
        (written()[:-1], "the plan is cut off"),
        (written()[:1], "the plan is cut off"),
        ([*written()[:2], written()[-1]], "has 1 changes, and says that it has 2"),
        ([*written(), written()[1]], "line 5 of the plan stands after its end"),
        ([written()[0], b'{"key":"GB"}'], "line 2 of the plan is not a change"),
        ([written()[0], b'{"key":1,"item":{}}'], "line 2 of the plan is not a change"),
        ([written()[0], b'{"key":"GB","item":{},"and":1}'], "line 2 of the plan is not a change"),
        ([written()[0], b'{"key":"GB","item":{},"replaces":"sha-256:0"}'], "replaces is the hash of an item"),
        ([written()[0].replace(b"2024-02-29", b"yesterday")], "as-at: is a day"),
        ([written()[0].replace(b'"definition":[]', b'"definition":[1]')], "definition: is a list of metadata entries"),
        ([written()[0].replace(b'"entries":7', b'"entries":-7')], "made-against"),
        ([written()[0].replace(b'"register":"country"', b'"register":"../x"')], "x"),
        ([written()[0].replace(b'"plan":1', b'"plan":1,"zzz":2')], "has 'zzz', which plans have not"),
        ([written()[0].replace(b'"source":"given"', b'"source":"\\ud800"')], "source: is at most 500 characters"),
        ([written()[0].replace(b'"source":"given"', b'"source":"\\u0000"')], "source: is at most 500 characters"),
        ([*written()[:2], b'{"changes":true}'], "says that it has True"),
    ],
)
def test_what_is_no_plan_is_refused(lines: list[bytes], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read(lines)


def test_a_difference_is_told_field_by_field() -> None:
    found = plan.difference("GB", {"name": "a", "text": "b", "same": "c"}, {"name": "A", "same": "c", "new": "d"}, "A")
    assert (found.kind, json.loads(json.dumps(found.fields))) == (
        "changed",
        {"name": {"from": "a", "to": "A"}, "new": {"to": "d"}, "text": {"from": "b"}},
    )
    assert plan.difference("GB", None, {"name": "A"}, "A").kind == "added"
    assert plan.difference("GB", {"name": "A"}, {"name": "A", "end-date": "2020"}, "A").kind == "ended"
