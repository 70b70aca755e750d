"""The source of the register `country`: its keys, its values, and what is left out."""

from __future__ import annotations

import pycountry
import pytest

from loaders.sources import countries
from registers.batch import Change
from registers.definition import check_definition
from registers.entry import check_key
from registers.item import ItemRules, normalise

FIELDS = [
    "country",
    "name",
    "official-name",
    "common-name",
    "alpha-3",
    "numeric",
    "iso-3166-3",
    "note",
    "end-date",
]
GB = {
    "country": "GB",
    "name": "United Kingdom",
    "official-name": "United Kingdom of Great Britain and Northern Ireland",
    "alpha-3": "GBR",
    "numeric": "826",
}
CSHH = {
    "country": "CSHH",
    "name": "Czechoslovakia, Czechoslovak Socialist Republic",
    "alpha-3": "CSK",
    "numeric": "200",
    "iso-3166-3": "CSHH",
    "end-date": "1993-06-15",
}
AN = {
    "country": "AN",
    "name": "Netherlands Antilles",
    "alpha-3": "ANT",
    "numeric": "530",
    "iso-3166-3": "ANHH",
    "note": "had numeric code 532 until Aruba split away in 1986",
    "end-date": "2010-12-15",
}


@pytest.fixture(scope="module")
def by_key() -> dict[str, Change]:
    changes = countries.changes()
    found = {change.key: change for change in changes}
    assert len(found) == len(changes), "a key is given twice"
    return found


def test_the_definition_is_of_country_with_each_field_explained() -> None:
    definition = countries.definition()
    check_definition(definition)
    assert (definition.name, definition.key_field) == ("country", "country")
    assert definition.field_names == FIELDS
    assert all(field.text for field in definition.fields)
    assert {field.datatype for field in definition.fields if field.name != "end-date"} == {"string"}
    assert definition.fields[-1].datatype == "datetime"
    assert definition.title and definition.text and definition.custodian and definition.registry
    assert definition.licence == countries.ABOUT.licence


def test_every_country_of_the_source_has_one_record(by_key: dict[str, Change]) -> None:
    assert len(by_key) == len(pycountry.countries) + len(pycountry.historic_countries)


def test_every_key_and_item_is_valid(by_key: dict[str, Change]) -> None:
    rules = ItemRules(countries.definition())
    for key, change in by_key.items():
        check_key(key)
        rules.check(key, normalise(change.item))
        assert normalise(change.item) == change.item, "the source's values are normalised already"


@pytest.mark.parametrize("item", [GB, CSHH, AN], ids=lambda item: item["country"])
def test_a_known_country_is_whole(by_key: dict[str, Change], item: dict[str, str]) -> None:
    assert by_key[item["country"]].item == item


@pytest.mark.parametrize("key", ["AN", "BU", "DD", "SU", "TP", "YU", "ZR"])
def test_a_former_country_keeps_two_letters_that_nobody_else_has(by_key: dict[str, Change], key: str) -> None:
    item = by_key[key].item
    assert item["country"] == key
    assert len(str(item["iso-3166-3"])) == 4
    assert item["iso-3166-3"] not in by_key
    assert "end-date" in item


@pytest.mark.parametrize("key", ["AIDJ", "BQAQ", "BYAA", "CSHH", "CSXX", "GEHH", "SKIN"])
def test_a_former_country_whose_letters_are_another_one_s_has_four(by_key: dict[str, Change], key: str) -> None:
    assert by_key[key].item["iso-3166-3"] == key
    assert "end-date" in by_key[key].item


def test_only_those_have_four(by_key: dict[str, Change]) -> None:
    assert {key for key in by_key if len(key) != 2} == {*("AIDJ", "BQAQ", "BYAA", "CSHH", "CSXX", "GEHH", "SKIN")}


def test_two_letters_that_were_taken_over_are_the_country_s_of_today(by_key: dict[str, Change]) -> None:
    assert {key: by_key[key].item["name"] for key in ("AI", "BY", "GE", "SK")} == {
        "AI": "Anguilla",
        "BY": "Belarus",
        "GE": "Georgia",
        "SK": "Slovakia",
    }
    assert "CS" not in by_key, "both of its holders are gone"


def test_the_four_letters_begin_with_the_withdrawn_two(by_key: dict[str, Change]) -> None:
    """What the text of the field promises."""
    former = {country.alpha_4: country.alpha_2 for country in pycountry.historic_countries}
    assert len(former) == 31
    assert all(four.startswith(two) for four, two in former.items())
    assert {str(change.item["iso-3166-3"]) for change in by_key.values() if "iso-3166-3" in change.item} == {*former}


def test_only_former_countries_have_ended(by_key: dict[str, Change]) -> None:
    ended = {key for key, change in by_key.items() if "end-date" in change.item}
    assert ended == {key for key, change in by_key.items() if "iso-3166-3" in change.item}


def test_an_end_may_be_only_a_year(by_key: dict[str, Change]) -> None:
    ends = [str(change.item["end-date"]) for change in by_key.values() if "end-date" in change.item]
    assert by_key["DY"].item["end-date"] == "1977"
    assert sum(len(end) == 4 for end in ends) == 18


def test_a_common_name_is_there_where_it_says_something_else(by_key: dict[str, Change]) -> None:
    assert by_key["BO"].item["common-name"] == "Bolivia"
    common = [change.item for change in by_key.values() if "common-name" in change.item]
    assert len(common) == 11
    assert all(item["common-name"] != item["name"] for item in common)


def test_a_common_name_that_repeats_the_name_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    fiji = next(country for country in pycountry.countries if country.alpha_2 == "FJ")
    monkeypatch.setitem(fiji._fields, "common_name", "Fiji")
    assert "common-name" not in next(change.item for change in countries.changes() if change.key == "FJ")


def test_numbers_keep_their_zeros(by_key: dict[str, Change]) -> None:
    assert by_key["AF"].item["numeric"] == "004"


def test_current_countries_come_first_each_part_in_the_order_of_keys(by_key: dict[str, Change]) -> None:
    order = [("end-date" in change.item, key) for key, change in by_key.items()]
    assert order == sorted(order)
