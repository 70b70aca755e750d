"""What a register is: the metadata entries that say so, the rules they keep, and how a definition grows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from registers.definition import (
    Definition,
    Field,
    check_definition,
    check_growth,
    check_metadata,
    check_name,
    from_metadata,
    from_yaml,
)
from registers.errors import Invalid
from tests.makers import COUNTRY, definition

FULL = Definition(
    name="country",
    key_field="country",
    fields=COUNTRY,
    title="Country",
    text="British English names",
    custodian="David de Silva",
    registry="foreign-commonwealth-office",
    phase="beta",
    licence="OGL-UK-3.0",
    copyright="Crown copyright",
    spatial_coverage="World",
    temporal_coverage="1974/..",
    update_frequency="irregular",
    last_confirmed="2026-01-31",
)
FIELD = {"field": "name", "datatype": "string", "cardinality": "1", "phase": "beta", "text": "A name"}
REGISTER = {"register": "country", "fields": ["country", "name"], "phase": "beta", "registry": "x", "text": "y"}


def read_back(made: Definition, key_field: str | None = None) -> Definition | None:
    """The definition read from the metadata entries it makes, empty members dropped as the log drops them."""
    items = {key: {name: value for name, value in item.items() if value} for key, item in made.entries()}
    return from_metadata(made.name, key_field, items)


def test_a_definition_is_read_back_from_its_metadata_entries() -> None:
    assert read_back(FULL) == FULL


def test_without_a_register_item_there_is_no_definition() -> None:
    assert from_metadata("country", None, {"field:name": FIELD, "custodian": {"custodian": "x"}}) is None


def test_a_field_that_is_listed_and_not_defined_is_refused() -> None:
    with pytest.raises(Invalid, match="lists the field 'country', and no metadata entry field:country defines it"):
        from_metadata("country", None, {"field:name": FIELD, "register:country": REGISTER})


def test_fields_that_are_defined_and_not_listed_are_not_fields() -> None:
    items = {"field:name": FIELD, "field:old": {**FIELD, "field": "old"}}
    read = from_metadata("x", None, {**items, "register:x": {"register": "x", "fields": ["name"]}})
    assert read is not None and read.field_names == ["name"]


@pytest.mark.parametrize(
    ("name", "key_field", "expected"),
    [("country", None, "country"), ("country", "name", "name"), ("land", None, "country")],
)
def test_the_key_field_is_the_given_one_or_the_registers_own(name: str, key_field: str | None, expected: str) -> None:
    items = {"field:name": FIELD, "field:country": {**FIELD, "field": "country"}}
    listed = {**REGISTER, "fields": ["name", "country"]}
    read = from_metadata(name, key_field, {**items, "register:country": listed})
    assert read is not None and read.key_field == expected


def test_the_key_field_is_the_first_when_none_has_the_registers_name() -> None:
    items = {"field:a": {**FIELD, "field": "a"}, "field:b": {**FIELD, "field": "b"}}
    read = from_metadata("x", None, {**items, "register:x": {"register": "x", "fields": ["b", "a"]}})
    assert read is not None and read.key_field == "b"


def test_the_latest_register_entry_counts_whatever_id_it_names() -> None:
    items = {"field:name": FIELD, "field:b": {**FIELD, "field": "b"}}
    old, new = {"register": "old", "fields": ["b"]}, {"register": "new", "fields": ["name"]}
    read = from_metadata("x", None, {**items, "register:old": old, "register:new": new})
    assert read is not None and read.field_names == ["name"]


# Metadata entries


@pytest.mark.parametrize(
    ("key", "item"),
    [
        ("name", {"name": "country"}),
        ("register-name", {"register-name": "Country"}),
        ("custodian", {"custodian": "A person"}),
        ("licence", {"licence": "OGL"}),
        ("copyright", {"copyright": "Crown"}),
        ("spatial-coverage", {"spatial-coverage": "United Kingdom"}),
        ("temporal-coverage", {"temporal-coverage": "1974-04-01/2020"}),
        ("temporal-coverage", {"temporal-coverage": "../2020-02"}),
        ("update-frequency", {"update-frequency": "three-times-a-year"}),
        ("last-confirmed", {"last-confirmed": "2026-01-31"}),
        ("tier", {"tier": "ordinary"}),
        ("tier", {"tier": "critical"}),
        ("field:name", FIELD),
        ("field:name", {**FIELD, "register": "country"}),
        ("register:country", REGISTER),
        ("register:country", {**REGISTER, "copyright": "Crown"}),
    ],
)
def test_a_metadata_entry_of_a_known_shape_passes(key: str, item: dict[str, Any]) -> None:
    check_metadata(key, item)


def without(item: dict[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != member}


@pytest.mark.parametrize(
    ("key", "item", "sentence"),
    [
        ("colour", {"colour": "red"}, "'colour' is not a metadata key"),
        ("register:", REGISTER, "is not a metadata key"),
        ("field:", FIELD, "is not a metadata key"),
        ("index:x", {"index": "x"}, "is not a metadata key"),
        ("custodian", {"custodian": ["x"]}, "holds an item of the form"),
        ("custodian", {"name": "x"}, "holds an item of the form"),
        ("custodian", {"custodian": "x", "name": "y"}, "holds an item of the form"),
        ("custodian", {}, "holds an item of the form"),
        (
            "update-frequency",
            {"update-frequency": "sometimes"},
            "update-frequency: 'sometimes' is not a frequency: they",
        ),
        ("last-confirmed", {"last-confirmed": "2026-01"}, "last-confirmed: '2026-01' is not a day such as 2026-01-31"),
        ("last-confirmed", {"last-confirmed": "2026-02-30"}, "is not a day"),
        ("temporal-coverage", {"temporal-coverage": "1974"}, "'1974' is not a span such as 1974-04-01/2020"),
        ("temporal-coverage", {"temporal-coverage": "../.."}, "not both open"),
        ("temporal-coverage", {"temporal-coverage": "1974/"}, "is not a span"),
        ("temporal-coverage", {"temporal-coverage": "2020/1974"}, "'2020/1974' starts after it ends"),
        ("field:name", {**FIELD, "field": "other"}, "field: is 'other', but the entry's key is field:name"),
        ("field:name", without(FIELD, "field"), "None is not a name"),
        ("field:name", {**FIELD, "datatype": "colour"}, "colour"),
        ("field:name", without(FIELD, "datatype"), "datatype"),
        ("field:name", {**FIELD, "cardinality": "2"}, "cardinality: is 1 or n, not '2'"),
        ("field:name", without(FIELD, "cardinality"), "cardinality: is 1 or n, not None"),
        ("field:name", {**FIELD, "register": "No"}, "'No' is not a name"),
        ("field:name", {**FIELD, "colour": "red"}, "'colour' is not a member of this metadata item"),
        ("field:name", {**FIELD, "text": ["x"]}, "text: is one value"),
        ("field:Name", {**FIELD, "field": "Name"}, "'Name' is not a name"),
        ("register:country", {**REGISTER, "register": "land"}, "register: is 'land', but the entry's key is"),
        ("register:country", without(REGISTER, "register"), "None is not a name"),
        ("register:country", without(REGISTER, "fields"), "fields: a register lists its fields"),
        ("register:country", {**REGISTER, "fields": "name"}, "fields: is a list"),
        ("register:country", {**REGISTER, "fields": ["a", "a"]}, "fields: a field is listed twice"),
        ("register:country", {**REGISTER, "fields": ["a", "B"]}, "'B' is not a name"),
        ("register:country", {**REGISTER, "colour": "red"}, "'colour' is not a member"),
    ],
)
def test_a_metadata_entry_of_another_shape_is_refused(key: str, item: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as error:
        check_metadata(key, item)
    assert sentence in str(error.value)


@pytest.mark.parametrize("name", ["", "Country", "1a", "-a", "a b", "a_b", "a.b", "é", "a\n", "a" * 101, None, 5])
def test_a_name_keeps_its_rule(name: object) -> None:
    assert check_name("local-authority-2") == "local-authority-2"
    with pytest.raises(Invalid, match="is not a name: a name starts with a small letter"):
        check_name(name)


# Growing


def test_a_definition_may_gain_fields_and_change_its_words() -> None:
    grown = definition(fields=(*COUNTRY, Field("capital")), text="other words", custodian="Someone else")
    check_growth(definition(), grown)
    check_growth(None, grown)


def test_fields_may_change_their_order_text_and_phase() -> None:
    fields = (COUNTRY[0], *reversed(COUNTRY[1:]))
    check_growth(definition(), definition(fields=[Field(f.name, *f.meaning, text="x", phase="live") for f in fields]))


def test_a_field_may_not_go() -> None:
    with pytest.raises(Invalid, match="the field end-date cannot be removed: fields are only ever added"):
        check_growth(definition(), definition(fields=COUNTRY[:-1]))


@pytest.mark.parametrize(
    "changed", [Field("end-date"), Field("end-date", "datetime", "n"), Field("end-date", "datetime", register="day")]
)
def test_a_field_may_not_change_what_it_holds(changed: Field) -> None:
    with pytest.raises(Invalid, match="the field end-date cannot change its datatype, cardinality or register"):
        check_growth(definition(), definition(fields=(*COUNTRY[:-1], changed)))


# From YAML


def test_a_small_document_makes_a_definition() -> None:
    made = from_yaml({"register": "country", "fields": ["country", {"field": "name", "text": "A name"}]})
    assert made == Definition("country", "country", (Field("country"), Field("name", text="A name")))


def test_a_full_document_makes_a_definition() -> None:
    document = {
        "register": "thing",
        "title": "Thing",
        "text": " words\n",
        "custodian": "c",
        "registry": "r",
        "phase": "alpha",
        "licence": "l",
        "copyright": "o",
        "spatial-coverage": "World",
        "temporal-coverage": "1974/..",
        "update-frequency": "annual",
        "last-confirmed": date(2026, 1, 31),  # as YAML reads it
        "key-field": "id",
        "fields": [{"field": "name"}, {"field": "id", "datatype": "integer", "cardinality": 1}],
    }
    made = from_yaml(document)
    assert (made.key_field, made.text, made.phase) == ("id", "words", "alpha")
    assert (made.said("update-frequency"), made.said("last-confirmed")) == ("annual", "2026-01-31")
    assert made.fields[1] == Field("id", "integer", "1")
    assert from_yaml(document, "other").name == "other"


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (None, "a register definition is a mapping"),
        (["country"], "a register definition is a mapping"),
        ({"register": "x", "colour": "red", "fields": ["x"]}, "'colour' is not a member of a definition"),
        ({"register": "x"}, "fields: a definition lists its fields"),
        ({"register": "x", "fields": []}, "fields: a definition lists its fields"),
        ({"register": "x", "fields": "x"}, "fields: a definition lists its fields"),
        ({"register": "x", "fields": [7]}, "fields: each is a mapping with the member field"),
        ({"register": "x", "fields": [{"datatype": "string"}]}, "fields: each is a mapping with the member field"),
        ({"register": "x", "fields": [{"field": "x", "colour": "red"}]}, "'colour' is not a member"),
        ({"register": "x", "fields": [{"field": "X"}]}, "'X' is not a name"),
        ({"register": "x", "fields": [{"field": "x", "datatype": "colour"}]}, "colour"),
        ({"register": "x", "fields": ["x", "x"]}, "fields: a field is listed twice"),
        ({"register": "x", "fields": ["x"], "key-field": "y"}, "key-field: 'y' is not one of the fields"),
        ({"register": "x", "fields": [{"field": "x", "cardinality": "n"}]}, "key-field: x holds a list"),
        ({"register": "x", "fields": ["x"], "phase": "gamma"}, "phase: is one of discovery, alpha, beta, live"),
        ({"register": "x", "fields": ["x"], "text": ["y"]}, "text: is one value, not list"),
        ({"fields": ["x"]}, "None is not a name"),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(document: object, sentence: str) -> None:
    with pytest.raises(Invalid) as error:
        from_yaml(document)
    assert sentence in str(error.value)


def test_a_definition_that_would_make_bad_metadata_is_refused() -> None:
    with pytest.raises(Invalid):
        check_definition(definition(fields=[Field("a"), Field("b", cardinality="many")]))
