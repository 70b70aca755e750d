"""What an item may hold: normalised first, then held against the fields of its register."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.canonical import canonical_json
from registers.definition import Field
from registers.errors import Invalid
from registers.item import ItemRules, linked_keys, normalise, parse_item
from tests.makers import definition

FIELDS = (
    Field("thing"),
    Field("name"),
    Field("tags", cardinality="n"),
    Field("count", "integer"),
    Field("counts", "integer", "n"),
    Field("start", "datetime"),
    Field("owner", "curie"),
    Field("place", "curie", register="place"),
    Field("parent", register="thing"),
    Field("peers", cardinality="n", register="thing"),
)


def check(item: dict[str, object], key: str = "A", relaxed: bool = False) -> list[str]:
    """Hold an item against the fields; what was let through."""
    notes: list[str] = []
    ItemRules(definition("thing", FIELDS), relaxed, notes.append).check(key, normalise(item))
    return notes


# Normalising


def test_empty_values_are_dropped() -> None:
    given_item = {"a": None, "b": "", "c": [], "d": ["", None], "e": ["x", "", None], "f": "x"}
    assert normalise(given_item) == {"e": ["x"], "f": "x"}


def test_text_is_put_in_nfc_in_values_and_in_lists() -> None:
    assert normalise({"a": "e\u0301", "b": ["o\u0308", "x"]}) == {"a": "\u00e9", "b": ["\u00f6", "x"]}


def test_the_order_of_a_list_is_kept() -> None:
    assert normalise({"a": ["b", "a", "c"]}) == {"a": ["b", "a", "c"]}


def test_white_space_is_a_value() -> None:
    assert normalise({"a": " x\n"}) == {"a": " x\n"}


@pytest.mark.parametrize("value", [1, 1.5, True, {"b": "c"}, b"x", [1], [["x"]], ["x", {}], [True]])
def test_a_value_that_is_neither_text_nor_a_list_of_text_is_refused(value: object) -> None:
    with pytest.raises(Invalid, match="^a: a value is text or a list of text"):
        normalise({"a": value})


@pytest.mark.parametrize("value", ["\0", "x\0y", "é\0", ["x\0"], ["x", "\0"]])
def test_u0000_is_refused(value: object) -> None:
    with pytest.raises(Invalid, match=r"^a: a value may not contain U\+0000"):
        normalise({"a": value})


@pytest.mark.parametrize("value", ["\ud834", "x\udd1e", "\udd1e\ud834", ["x", "\ud834"]])
def test_half_of_a_surrogate_pair_is_refused(value: object) -> None:
    with pytest.raises(Invalid, match="^a: .* contains half of a surrogate pair"):
        normalise({"a": value})


@pytest.mark.parametrize("value", ["**REDACTED**", "**REDACTED**banana", "**REDACTED**é", ["x", "**REDACTED**y"]])
def test_a_value_made_to_look_redacted_is_refused(value: object) -> None:
    with pytest.raises(Invalid, match="^a: a value may not begin with"):
        normalise({"a": value})


def test_other_stars_are_a_value() -> None:
    assert normalise({"a": "**x", "b": "x **REDACTED**"}) == {"a": "**x", "b": "x **REDACTED**"}


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
ITEMS = st.dictionaries(TEXTS, st.one_of(st.none(), TEXTS, st.lists(st.one_of(st.none(), TEXTS), max_size=3)))


@given(ITEMS)
def test_normalising_again_changes_nothing_and_canonical_json_spells_it(members: dict[str, object]) -> None:
    item = normalise(members)
    assert normalise(item) == item
    assert parse_item(canonical_json(item)) == item
    for value in item.values():
        texts = [value] if isinstance(value, str) else value
        assert texts and all(text and unicodedata.is_normalized("NFC", text) for text in texts)


# Parsing


@pytest.mark.parametrize("text", ["", "{", '{"a":}', "{'a':'b'}", '{"a":"b"} x', '{"a":"\n"}', "nothing"])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="the item is not JSON"):
        parse_item(text)


@pytest.mark.parametrize("text", ["[]", '"a"', "1", "null", '[{"a":"b"}]'])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="an item is a JSON object"):
        parse_item(text)


def test_a_member_given_twice_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="^name: the member is given twice"):
        parse_item('{"name":"a","x":"b","name":"a"}')


def test_json_nested_too_deeply_is_refused() -> None:
    with pytest.raises(Invalid, match="nested too deeply"):
        parse_item('{"a":' + "[" * 100_000)


def test_an_escaped_lone_surrogate_is_refused_and_a_pair_is_a_character() -> None:
    with pytest.raises(Invalid, match="half of a surrogate pair"):
        parse_item(r'{"a":"\ud834"}')
    assert parse_item(r'{"a":"\ud834\udd1e"}') == {"a": "𝄞"}


@pytest.mark.parametrize("number", ["1", "1.0", "1e400", "NaN", "-Infinity", "9" * 5000])
def test_a_number_is_refused_however_long(number: str) -> None:
    with pytest.raises(Invalid):
        parse_item(f'{{"a":{number}}}')


# Against the fields


def test_an_item_of_known_fields_passes() -> None:
    assert check({"thing": "A", "name": "x; y", "tags": ["a", "b"], "count": "7", "start": "2016-04"}) == []


def test_an_unknown_field_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(Invalid, match="'colour' is not a field of this register, whose fields are thing, name, tags"):
        check({"thing": "A", "colour": "red"})


def test_a_list_where_one_value_belongs_is_refused() -> None:
    with pytest.raises(Invalid, match="^name: holds one value, and was given a list"):
        check({"thing": "A", "name": ["x"]})


def test_one_value_where_a_list_belongs_is_refused() -> None:
    with pytest.raises(Invalid, match="^tags: holds a list of values, and was given 'x' alone"):
        check({"thing": "A", "tags": "x"})


def test_a_list_member_twice_is_refused_also_when_only_normalising_makes_it_so() -> None:
    for members in (["a", "b", "a"], ["\u00e9", "e\u0301"]):
        with pytest.raises(Invalid, match="^tags: .* is in the list twice"):
            check({"thing": "A", "tags": members})


def test_a_semicolon_in_a_list_member_is_refused() -> None:
    with pytest.raises(Invalid, match="^tags: 'b;c' contains a ; which joins the members of a list in CSV"):
        check({"thing": "A", "tags": ["a", "b;c"]})


def test_a_value_of_the_wrong_datatype_is_refused_by_field_and_value() -> None:
    with pytest.raises(Invalid, match="^count: '1.5' "):
        check({"thing": "A", "count": "1.5"})
    with pytest.raises(Invalid, match="^counts: 'x' "):
        check({"thing": "A", "counts": ["1", "x"]})


@pytest.mark.parametrize("item", [{"name": "x"}, {"thing": "", "name": "x"}])
def test_an_item_without_its_key_field_is_refused(item: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="^thing: the item lacks it, and it must be the key, 'A'"):
        check(item)


def test_a_key_field_that_is_not_the_key_is_refused() -> None:
    with pytest.raises(Invalid, match="^thing: is 'B', but the entry's key is 'A'"):
        check({"thing": "B"})


@pytest.mark.parametrize(("field", "value"), [("start", "2016-04-05T13:23:05"), ("owner", " place:GB")])
def test_what_only_the_archive_holds_is_refused_and_let_through_when_relaxed(field: str, value: str) -> None:
    with pytest.raises(Invalid, match=f"^{field}: "):
        check({"thing": "A", field: value})
    notes = check({"thing": "A", field: value}, relaxed=True)
    assert len(notes) == 1 and notes[0].startswith(f"{field}: {value!r} ")


@pytest.mark.parametrize(("field", "value"), [("start", "2016-13"), ("owner", "no curie"), ("count", "1.5")])
def test_relaxed_lets_nothing_else_through(field: str, value: str) -> None:
    with pytest.raises(Invalid, match=f"^{field}: "):
        check({"thing": "A", field: value}, relaxed=True)


def test_a_curie_field_of_a_register_takes_a_plain_key_too() -> None:
    assert check({"thing": "A", "place": "GB"}) == check({"thing": "A", "place": "place:GB"}) == []
    with pytest.raises(Invalid, match="^owner: 'GB' "):
        check({"thing": "A", "owner": "GB"})


# Links


def links(**item: str | list[str]) -> list[tuple[str, str, str]]:
    return list(linked_keys(definition("thing", FIELDS).links, item))


def test_links_are_found_in_curies_and_in_fields_of_a_register() -> None:
    assert links(owner="person:7", place="GB", parent="B", peers=["C", "D"], name="x") == [
        ("owner", "person", "7"),
        ("place", "place", "GB"),
        ("parent", "thing", "B"),
        ("peers", "thing", "C"),
        ("peers", "thing", "D"),
    ]


def test_a_curie_names_its_own_register_whatever_its_field_says() -> None:
    assert links(place="county:X") == [("place", "county", "X")]
    assert links(owner=" county:X") == [("owner", "county", "X")], "as the archive spells six of them"


def test_the_key_field_is_no_link() -> None:
    made = definition("thing", (Field("thing", register="thing"), Field("name")))
    assert list(linked_keys(made.links, {"thing": "A"})) == []
