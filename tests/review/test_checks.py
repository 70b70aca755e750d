"""What automatic checks find in plans, and that they repeat no value and keep to their bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from geo.areas.following import Areas
from registers import lifecycle, snapshot
from registers.batch import NEW, Change
from registers.definition import Field
from registers.errors import Conflict, Invalid
from registers.geometry import canonical_geometry
from registers.indexing import QUESTIONS
from registers.plan import Header, lines
from registers.store.engine import Store
from review import checks, decisions, findings, naming, proposals
from review.looking import Known
from tests.geo.test_areas import DISTRICTS, district, follow, square
from tests.makers import OPERATOR, CheckedStore, append, country, make
from tests.review.makers import ANN, BOB, fill, founding, planned, submitted

Told = tuple[str, str, str, str, str]


def found(store: Store, *changes: Change, name: str = "country", areas: Areas | None = None) -> set[Told]:
    """What is found in a plan of changes."""
    return {tuple(each) for each in checks.look(store, planned(store, *changes, name=name), Known(areas)).findings}


def catch_up(store: Store, name: str = "country") -> None:
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
    QUESTIONS.catch_up(store, register)


# Rules


def test_a_good_plan_has_no_findings_and_every_check_is_named(store: CheckedStore) -> None:
    fill(store)
    shown = checks.look(store, planned(store, country("IT", "Italy"), country("GB", "Britain"))).members()
    assert (shown["looked-at"], shown["faults"], shown["notes"], shown["limits"]) == (2, 0, 0, [])
    assert (shown["added"], shown["changed"], shown["ended"]) == (1, 1, 0)
    assert [each["check"] for each in shown["counts"]] == ["rules", "links", "names", "shapes", "places", "source"]


def test_every_broken_rule_is_told_and_not_the_first_alone(sqlite_store: CheckedStore) -> None:
    fill(sqlite_store)
    broken = [
        country("IT", "Italy", start_date="2017-13"),
        country("no key!", "Nowhere"),
        Change("ES", {"country": "PT", "name": "Spain"}),
        Change("FR", {"country": "FR", "colour": "blue"}),
        Change("DE", {"country": "DE", "name": "**REDACTED**"}),
        country("AT", "Austria"),
    ]
    told = found(sqlite_store, *broken)
    assert {(key, field) for check, severity, key, field, _ in told if (check, severity) == ("rules", "fault")} == {
        ("IT", "start-date"),
        ("no key!", ""),
        ("ES", "country"),
        ("FR", ""),
        ("DE", "name"),
    }
    with pytest.raises(Invalid, match="is not a date"):
        submitted(sqlite_store, broken[0])


def test_what_ends_before_it_begins_is_worth_a_word(sqlite_store: CheckedStore) -> None:
    fill(sqlite_store)
    told = found(sqlite_store, country("IT", "Italy", start_date="2020", end_date="2019-12-31"))
    assert ("rules", "note", "IT", "end-date", "it ends before it begins") in told


def test_what_is_no_plan_is_not_looked_at(sqlite_store: CheckedStore) -> None:
    fill(sqlite_store)
    for content in (b"", b"{}", planned(sqlite_store, country("IT", "Italy"))[:-20]):
        with pytest.raises(Invalid):
            checks.look(sqlite_store, content)
    make(sqlite_store, "tree", ("tree", "name"))
    with pytest.raises(Conflict, match="there is a register tree"):
        checks.look(sqlite_store, founding())


# Links

CITY = (Field("city"), Field("name"), Field("country", register="country"), Field("twin", register="city"))


def city(key: str, **links: str) -> Change:
    return Change(key, {"city": key, **links})


def test_links_that_lead_nowhere_are_faults_wherever_they_stand(store: CheckedStore) -> None:
    fill(store)
    append(store, country("DE", "Germany", end_date="2020"))
    make(store, "city", CITY)
    append(store, city("BER", country="DE"), to="city")
    told = found(
        store,
        city("LON", country="GB", twin="PAR"),  # PAR comes later in the plan
        city("PAR", country="FR", twin="ROM"),
        city("OSL", country="NO"),
        city("BER", country="DE", twin="PAR"),  # its country had ended before
        city("MUC", country="DE"),
        name="city",
    )
    assert told == {
        ("links", "fault", "PAR", "twin", "twin names a record that city does not have"),
        ("links", "fault", "OSL", "country", "country names a record that country does not have"),
        ("links", "note", "MUC", "country", "country names a record of country that has ended"),
    }


def test_links_to_a_register_that_is_not_here_are_not_followed_and_that_is_said(sqlite_store: CheckedStore) -> None:
    make(sqlite_store, "city", CITY)
    report = checks.look(sqlite_store, planned(sqlite_store, city("LON", country="GB"), name="city"))
    assert (report.findings, report.limits) == ([], ["links to registers that are not here were not followed: country"])


def test_a_fault_is_told_and_the_proposal_waits_until_it_is_mended(store: CheckedStore) -> None:
    fill(store)
    make(store, "city", CITY)
    proposals.submit(store, planned(store, city("ROM", country="IT"), name="city"), ANN)
    with pytest.raises(Invalid):
        decisions.approve(store, 1, BOB, OPERATOR)
    append(store, country("IT", "Italy"))
    lifecycle.publish(store, "city")
    assert decisions.approve(store, 1, BOB, OPERATOR).state == "published"


def test_a_plan_that_makes_a_register_is_looked_at_too(store: CheckedStore) -> None:
    described = tuple(
        Change(key, item, replaces=NEW)
        for key, item in lifecycle.definitions.Definition("city", "city", CITY).entries()
    )
    changes = [city("LON", twin="PAR", country="GB")._replace(replaces=NEW), city("PAR")._replace(replaces=NEW)]
    changes += [city("OSL", twin="BER")._replace(replaces=NEW)]
    content = "".join(lines(Header("city", source="a test", definition=described), changes)).encode()
    report = checks.look(store, content)
    assert [each.key for each in report.findings] == ["OSL"]


# Names


@pytest.mark.parametrize("indexed", [True, False])
def test_names_and_keys_that_another_has_or_almost(store: CheckedStore, indexed: bool) -> None:
    fill(store)
    append(store, country("YU", "Yugoslavia", end_date="1992"))
    if indexed:
        catch_up(store)
    append(store, country("SE", "Sweden"))
    told = found(
        store,
        country("UK", "UNITED  KINGDOM"),
        country("GX", "Gérmanyy"),
        country("SX", "Swedem"),
        country("gb", "Great"),
        country("YX", "Yugoslavia"),  # the one that had this name has ended
        country("FR", "France", start_date="1958"),  # keeps its name
        country("A1", "Twice"),
        country("A2", "Twice"),
    )
    assert told == {
        ("names", "note", "UK", "name", "its name is the same as that of the record 'GB'"),
        ("names", "note", "GX", "name", "its name is almost the same as that of the record 'DE'"),
        ("names", "note", "SX", "name", "its name is almost the same as that of the record 'SE'"),
        ("names", "note", "gb", "", "its key is almost the same as that of the record 'GB'"),
        ("names", "note", "A1", "name", "its name is the same as that of the record 'A2'"),
        ("names", "note", "A2", "name", "its name is the same as that of the record 'A1'"),
    }


def test_two_records_that_change_names_are_held_against_what_they_will_be(store: CheckedStore) -> None:
    fill(store)
    assert found(store, country("GB", "France"), country("FR", "United Kingdom")) == set()
    assert len(found(store, country("GB", "France"))) == 1


def test_an_index_that_is_far_behind_is_said(sqlite_store: CheckedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sqlite_store)
    monkeypatch.setattr(naming, "UNINDEXED", 2)
    report = checks.look(sqlite_store, planned(sqlite_store, country("UK", "United Kingdom")))
    assert (report.findings, report.limits) == (
        [],
        ["names were held against those up to entry 0: the index has not come further"],
    )
    catch_up(sqlite_store)
    assert checks.look(sqlite_store, planned(sqlite_store, country("UK", "United Kingdom"))).total("note") == 1


# Shapes and places

BOW_TIE = canonical_geometry('{"type":"Polygon","coordinates":[[[0,0],[2.1234567,2],[2,0],[0,1],[0,0]]]}')
AREA = (Field("area"), Field("geometry", "geometry"), Field("point", "point"))


def test_shapes_that_cross_themselves_and_points_where_nothing_is(sqlite_store: CheckedStore) -> None:
    make(sqlite_store, "area", AREA)
    told = found(
        sqlite_store,
        Change("good", {"area": "good", "geometry": square(0, 0), "point": "[0.5,0.5]"}),
        Change("crossed", {"area": "crossed", "geometry": BOW_TIE}),
        Change("nil", {"area": "nil", "point": "[0, 0]"}),
        Change("far", {"area": "far", "point": "[181,0]"}),
        Change("broken", {"area": "broken", "geometry": "{"}),
        name="area",
    )
    assert {each[:4] for each in told} == {
        ("shapes", "fault", "crossed", "geometry"),
        ("shapes", "note", "nil", "point"),
        ("rules", "fault", "far", "point"),
        ("rules", "fault", "broken", "geometry"),
    }
    (crossed,) = [each[4] for each in told if each[2] == "crossed"]
    assert crossed == "its shape has a fault: self-crossing ring"


SCHOOLS = (
    Field("school"),
    Field("district", register="district"),
    Field("end-date", "datetime"),
    Field("point", "point"),
)


OTHER = "another area of district than the one that district names"


def school(key: str, point: str, district: str, **values: str) -> Change:
    return Change(key, {"school": key, "point": point, "district": district, **values})


def test_points_are_held_against_the_areas_that_records_name(store: CheckedStore, tmp_path: Path) -> None:
    make(store, "district", DISTRICTS)
    append(store, district("A", square(0, 0), name="Ay"), district("B", square(1, 0)), to="district")
    lifecycle.publish(store, "district")
    make(store, "school", SCHOOLS)
    areas = Areas(tmp_path / "places")
    changes = (
        school("inside", "[0.5,0.5]", "A"),
        school("line", "[1,0.5]", "A"),
        school("other", "[1.5,0.5]", "A"),
        school("sea", "[9,9]", "B"),
        school("ended", "[1.5,0.5]", "A", **{"end-date": "2020"}),
    )
    behind = checks.look(store, planned(store, *changes, name="school"), Known(areas))
    assert behind.limits == ["areas whose index is not here yet were not asked: district"]
    follow(store, areas, "district")
    assert found(store, *changes, name="school", areas=areas) == {
        (
            "places",
            "note",
            "other",
            "district",
            "its point lies in another area of district than the one that district names",
        ),
        ("places", "note", "sea", "district", "its point lies in no area of district, and district names one"),
    }
    unasked = checks.look(store, planned(store, *changes, name="school"))
    assert unasked.limits == ["points were not held against areas: where those are is not known here"]


# Kept


def events(store: Store, number: int = 1) -> list[Any]:
    with store.reading() as tx:
        return proposals.events_of(tx, number)


def test_the_report_is_kept_with_the_submission_and_a_confirmation_makes_no_other(store: CheckedStore) -> None:
    fill(store)
    content = planned(store, country("UK", "United Kingdom"))
    proposals.submit(store, content, ANN)
    proposals.submit(store, content, BOB)
    happened = events(store)
    assert [(event.kind, event.actor) for event in happened] == [
        ("submitted", ANN),
        ("checked", ANN),
        ("confirmed", BOB),
    ]
    shown = proposals.checks_of(happened)
    assert shown is not None
    assert (shown["checked"], shown["notes"], shown["findings"][0]["key"]) == ("2023-11-14T22:13:20Z", 1, "UK")
    assert proposals.checks_of([]) is None


def test_what_is_kept_repeats_no_value(store: CheckedStore) -> None:
    """Values may be taken out of the log and of plans one day, and events are for ever."""
    make(store, "city", (*CITY, Field("geometry", "geometry"), Field("point", "point")))
    append(store, Change("SEC", {"city": "SEC", "name": "Secret Garden"}), to="city")
    item = {"city": "X", "name": "Secret Gardem", "twin": "HIDDEN", "point": "[0,0]", "geometry": BOW_TIE}
    proposals.submit(store, planned(store, Change("X", item), name="city"), ANN)
    (kept,) = [event.detail for event in events(store) if event.kind == "checked"]
    assert {each["check"] for each in kept["findings"]} == {"links", "names", "shapes"}
    for value in ("Secret", "HIDDEN", "2.1234567", "[0,0]"):
        assert value not in json.dumps(kept)


def test_many_findings_are_counted_and_some_are_kept(sqlite_store: CheckedStore) -> None:
    fill(sqlite_store)
    changes = [country(f"K{n:03}", "The Same Name") for n in range(60)]
    changes.append(country("bad key", "Other"))
    shown = checks.look(sqlite_store, planned(sqlite_store, *changes)).members()
    assert (shown["faults"], shown["notes"], len(shown["findings"])) == (1, 60, findings.KEPT + 1)
    assert shown["findings"][0]["severity"] == "fault"


def test_more_changes_than_are_looked_at_are_said(sqlite_store: CheckedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sqlite_store)
    monkeypatch.setattr(checks, "MOST", 3)
    monkeypatch.setattr(checks, "AT_ONCE", 2)
    changes = [country(f"K{n}", f"number {n}") for n in range(5)]
    for count, limits in ((3, []), (4, ["the first 3 changes were looked at, and no others"])):
        report = checks.look(sqlite_store, planned(sqlite_store, *changes[:count]))
        assert (report.looked_at, report.limits) == (3, limits)
