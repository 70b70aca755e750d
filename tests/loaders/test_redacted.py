"""A source neither brings back what was taken away, nor counts a record as changed for it; a report goes with it."""

from __future__ import annotations

import json

import pytest

from loaders import quality
from loaders.forgetting import REPORTS
from registers import applying, lifecycle, redaction, snapshot
from registers.definition import Field
from registers.entry import REDACTED
from registers.errors import Moved
from registers.redaction import Wanted
from registers.store.engine import Store
from review import proposals
from tests.loaders.given import content, counts, entries, items, load, plan, source
from tests.loaders.test_quality import field, kept, report
from tests.makers import AUTHORITY, COUNTRY, OPERATOR, CheckedStore, append, country, make

ROWS = [{"country": "GB", "name": "Jane Doe", "citizen-names": ["Briton", "Jane"]}, {"country": "FR", "name": "France"}]


def take_away(store: Store, *fields: str, key: str = "GB") -> None:
    redaction.take_away(store, "country", Wanted(key, fields), "why", AUTHORITY)


def test_a_file_that_still_has_it_changes_nothing(store: Store) -> None:
    load(store, source(ROWS))
    take_away(store, "name", "citizen-names")
    assert plan(store, source(ROWS), counts) == (0, 0, 0, 2)
    load(store, source(ROWS))
    assert len(entries(store)) == 2


def test_nor_does_one_that_lacks_it_by_now(store: Store) -> None:
    load(store, source(ROWS))
    take_away(store, "name", "citizen-names")
    rows = [{"country": "GB"}, {"country": "FR", "name": "France"}]
    assert plan(store, source(rows, carries=["country", "name", "citizen-names"]), counts) == (0, 0, 0, 2)


def test_another_value_is_a_change(store: Store) -> None:
    load(store, source(ROWS))
    take_away(store, "name")
    load(store, source([ROWS[0] | {"name": "The Office"}, ROWS[1]]))
    assert items(store)["GB"]["name"] == "The Office"


def test_a_change_of_another_field_goes_on_without_it(store: Store) -> None:
    load(store, source(ROWS))
    take_away(store, "name", "citizen-names")
    load(store, source([{"country": "GB", "start-date": "2001"}], carries=["start-date"]))
    assert items(store)["GB"] == {"country": "GB", "start-date": "2001"}


def test_nor_does_it_come_back_beside_another_change(store: Store) -> None:
    load(store, source(ROWS))
    take_away(store, "name")
    more = [ROWS[0] | {"start-date": "2001"}, ROWS[1]]
    for _ in range(2):
        load(store, source(more))
        assert items(store)["GB"] == {
            "country": "GB",
            "citizen-names": ["Briton", "Jane"],
            "start-date": "2001",
        }
    assert len(entries(store)) == 3


def test_where_a_file_has_what_was_taken_away_the_record_stays_as_it_is(store: Store) -> None:
    load(store, source(ROWS))
    append(store, country("GB", "The Office", citizen_names=["Briton", "Jane"]))
    redaction.take_away(store, "country", Wanted("GB", ("name",), entry=1), "why", AUTHORITY)
    assert plan(store, source(ROWS), counts) == (0, 0, 0, 2)


def test_what_is_left_of_a_list_stays(store: Store) -> None:
    load(store, source(ROWS))
    append(store, country("GB", "Jane Doe", citizen_names=["Briton", "Scot"]))
    redaction.take_away(store, "country", Wanted("GB", ("citizen-names",), entry=1), "why", AUTHORITY)
    assert plan(store, source([ROWS[0] | {"citizen-names": ["Briton", "Scot"]}, ROWS[1]]), counts) == (0, 0, 0, 2)


def test_a_plan_of_before_that_would_bring_it_back_is_refused(store: Store) -> None:
    load(store, source(ROWS))
    changed = source([ROWS[0] | {"start-date": "2001"}, ROWS[1]])
    before = plan(store, changed, content)
    take_away(store, "name")
    with pytest.raises(Moved, match="name: the value that the plan has for 'GB' was taken away; plan it again"):
        applying.apply(store, before.splitlines(keepends=True), AUTHORITY, OPERATOR)
    with pytest.raises(Moved, match="was taken away"):
        proposals.submit(store, before, "author")
    applying.apply(store, plan(store, changed, content).splitlines(keepends=True), AUTHORITY, OPERATOR)
    assert "name" not in items(store)["GB"]


def test_what_a_link_or_a_date_was_is_no_fault(store: CheckedStore) -> None:
    make(store, fields=(*COUNTRY, Field("part-of", register="country")))
    append(store, country("GB", "x", start_date="2001", part_of="GB"))
    take_away(store, "start-date", "part-of")
    found = report(store)
    assert (field(found, "start-date")["invalid"], found["dangling-links"]) == (0, 0)
    lifecycle.publish(store, "country")


def test_a_report_that_may_quote_it_goes(store: CheckedStore) -> None:
    make(store)
    append(store, country("GB", "x"), country("FR", "y"))
    report(store)
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
    REPORTS.catch_up(store, register)
    assert kept(store) is not None
    take_away(store, "name")
    REPORTS.catch_up(store, register)
    assert kept(store) is None
    after = report(store)
    REPORTS.catch_up(store, register)
    assert kept(store) == after and REDACTED not in json.dumps(after)


def test_a_report_that_was_begun_before_is_not_kept(store: CheckedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    make(store)
    append(store, country("GB", "x"))
    dangling = quality._dangling

    def redacting(*given: object) -> object:
        take_away(store, "name")
        return dangling(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(quality, "_dangling", redacting)
    with pytest.raises(Moved, match="something was taken out of country while it was looked at"):
        report(store)
    assert kept(store) is None
