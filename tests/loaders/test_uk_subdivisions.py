"""The source of the register `uk-subdivision`: its keys, its two names, its parents."""

from __future__ import annotations

import pycountry
import pytest

from loaders.sources import uk_subdivisions
from registers.batch import Change
from registers.definition import check_definition
from registers.entry import check_key
from registers.errors import Invalid
from registers.item import ItemRules, normalise

NATIONS = {"ENG": "England", "NIR": "Northern Ireland", "SCT": "Scotland", "WLS": "Wales"}
WELSH = {
    "WLS": "Cymru",
    "AGY": "Sir Ynys Môn",
    "BGE": "Pen-y-bont ar Ogwr",
    "CAY": "Caerffili",
    "CGN": "Sir Ceredigion",
    "CMN": "Sir Gaerfyrddin",
    "CRF": "Caerdydd",
    "DEN": "Sir Ddinbych",
    "FLN": "Sir y Fflint",
    "MON": "Sir Fynwy",
    "MTY": "Merthyr Tudful",
    "NTL": "Castell-nedd Port Talbot",
    "NWP": "Casnewydd",
    "PEM": "Sir Benfro",
    "RCT": "Rhondda CynonTaf",
    "SWA": "Abertawe",
    "TOF": "Tor-faen",
    "VGL": "Bro Morgannwg",
    "WRX": "Wrecsam",
}
BRIDGEND = {
    "uk-subdivision": "BGE",
    "name": "Bridgend",
    "name-cy": "Pen-y-bont ar Ogwr",
    "type": "Unitary authority",
    "parent": "WLS",
    "country": "GB",
}
CAMDEN = {
    "uk-subdivision": "CMD",
    "name": "Camden",
    "type": "London borough",
    "parent": "ENG",
    "country": "GB",
}


@pytest.fixture(scope="module")
def by_key() -> dict[str, Change]:
    changes = uk_subdivisions.changes()
    found = {change.key: change for change in changes}
    assert len(found) == len(changes), "a key is given twice"
    return found


def test_the_definition_links_parents_and_country() -> None:
    definition = uk_subdivisions.definition()
    check_definition(definition)
    assert (definition.name, definition.key_field) == ("uk-subdivision", "uk-subdivision")
    assert definition.field_names == ["uk-subdivision", "name", "name-cy", "type", "parent", "country"]
    assert {field.name: field.register for field in definition.links} == {
        "parent": "uk-subdivision",
        "country": "country",
    }
    assert all(field.text for field in definition.fields)
    assert definition.title and definition.text and definition.custodian and definition.registry
    assert definition.licence == uk_subdivisions.ABOUT.licence


def test_every_british_subdivision_of_the_source_has_one_record(by_key: dict[str, Change]) -> None:
    codes = {each.code for each in pycountry.subdivisions if each.country_code == "GB"}
    assert {f"GB-{key}" for key in by_key} == codes
    assert len(codes) == 221


def test_every_key_and_item_is_valid(by_key: dict[str, Change]) -> None:
    rules = ItemRules(uk_subdivisions.definition())
    for key, change in by_key.items():
        check_key(key)
        rules.check(key, normalise(change.item))
        assert normalise(change.item) == change.item, "the source's values are normalised already"


@pytest.mark.parametrize("item", [BRIDGEND, CAMDEN], ids=lambda item: item["uk-subdivision"])
def test_a_known_subdivision_is_whole(by_key: dict[str, Change], item: dict[str, str]) -> None:
    assert by_key[item["uk-subdivision"]].item == item


def test_the_nations_are_there_and_have_no_parent(by_key: dict[str, Change]) -> None:
    orphans = {key: change.item["name"] for key, change in by_key.items() if "parent" not in change.item}
    assert orphans == NATIONS


def test_the_bracketed_names_are_these_and_all_are_welsh(by_key: dict[str, Change]) -> None:
    found = {key: change.item["name-cy"] for key, change in by_key.items() if "name-cy" in change.item}
    assert found == WELSH


def test_no_bracket_or_code_is_left_in_a_name(by_key: dict[str, Change]) -> None:
    names = [str(change.item.get(field, "")) for change in by_key.values() for field in ("name", "name-cy")]
    assert [name for name in names if "[" in name or "]" in name or "GB-" in name] == []


def test_the_code_of_a_second_name_is_no_key(by_key: dict[str, Change]) -> None:
    assert {"CYM", "POG", "CRD"}.isdisjoint(by_key)


def test_all_lie_in_a_nation_and_in_gb(by_key: dict[str, Change]) -> None:
    items = [change.item for change in by_key.values()]
    assert {item["country"] for item in items} == {"GB"}
    assert {item["parent"] for item in items if "parent" in item} == set(NATIONS)


def test_parents_come_before_children(by_key: dict[str, Change]) -> None:
    seen: set[object] = set()
    for key, change in by_key.items():
        assert change.item.get("parent") in seen | {None}
        seen.add(key)


@pytest.mark.parametrize(
    ("code", "name"),
    [("GB-HLD", "Highland [A' Ghàidhealtachd]"), ("GB-CRF", "Cardiff [Caerdydd"), ("GB-CRF", "[Caerdydd]")],
)
def test_a_name_that_would_be_taken_for_welsh_or_misread_is_refused(
    monkeypatch: pytest.MonkeyPatch, code: str, name: str
) -> None:
    changed = next(each for each in pycountry.subdivisions if each.code == code)
    monkeypatch.setitem(changed._fields, "name", name)
    with pytest.raises(Invalid, match=code):
        uk_subdivisions.changes()
