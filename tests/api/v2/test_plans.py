"""Plans over HTTP: a file is held against its register, and what was shown is what is appended; and quality."""

from __future__ import annotations

import io

import openpyxl
import pytest

from loaders import quality
from registers import snapshot
from registers.plan import digest_of
from registers.store.engine import Store
from tests.api.writing import Writer, writer
from tests.makers import append, country, entries_of, revisions_of

PLANS = "/v2/registers/country/plans"
NDJSON = "application/x-ndjson"
FILE = "country,name\r\nGB,Britain\r\nDE,Germany\r\nIT,Italy\r\n"


@pytest.fixture
def author(store: Store) -> Writer:
    return writer(store)


@pytest.fixture
def here(sqlite_store: Store) -> Writer:
    """The same on SQLite alone."""
    return writer(sqlite_store)


def planned(who: Writer, file: str | bytes = FILE, query: str = "", content_type: str = "text/csv"):  # noqa: ANN201
    return who.send(PLANS + query, data=file, content_type=content_type)


def test_a_file_is_planned_shown_and_appended_exactly(author: Writer) -> None:
    made = planned(author)
    assert made.status_code == 200, made.text
    assert {name: made.json[name] for name in ("added", "changed", "ended", "unchanged", "missing")} == {
        "added": 1,
        "changed": 1,
        "ended": 0,
        "unchanged": 1,
        "missing": 0,
    }
    assert [(each["key"], each["change"]) for each in made.json["changes"]] == [("GB", "changed"), ("IT", "added")]
    assert made.json["changes"][0]["fields"] == {"name": {"from": "United Kingdom", "to": "Britain"}}
    assert digest_of(made.json["plan"].encode()) == made.json["sha-256"]
    assert len(entries_of(author.store)) == 7  # nothing was written
    applied = author.send(f"{PLANS}/apply", data=made.json["plan"], content_type=NDJSON)
    assert applied.status_code == 201, applied.text
    assert (applied.json["first-entry"], applied.json["last-entry"]) == (8, 9)
    assert [entry.key for entry in entries_of(author.store)[7:]] == ["GB", "IT"]
    assert revisions_of(author.store)[-1].source == f"table plan {made.json['sha-256']}"
    assert author.get(applied.headers["Location"]).status_code == 200
    again = author.send(f"{PLANS}/apply", data=made.json["plan"], content_type=NDJSON)
    assert (again.status_code, again.json["detail"]) == (
        409,
        f"this plan has been applied already, as revision {applied.json['revision']} of country",
    )


def test_columns_that_a_file_lacks_are_left_alone(here: Writer) -> None:
    here.send(f"{PLANS}/apply", data=planned(here).json["plan"], content_type=NDJSON)
    assert here.get("/v2/registers/country/records/GB").json["citizen-names"] == ["Briton", "British citizen"]


def test_a_complete_table_ends_what_it_lacks(here: Writer) -> None:
    made = planned(here, "country,name\r\nGB,United Kingdom\r\nDE,Germany\r\n", "?complete=yes")
    assert (made.json["ended"], len(made.json["warnings"])) == (4, 0)
    assert made.json["changes"][0]["fields"].keys() == {"end-date"}


def test_a_workbook_will_do(here: Writer) -> None:
    book = openpyxl.Workbook()
    for row in (["country", "name"], ["IT", "Italy"]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    made = planned(here, content.getvalue(), content_type="application/octet-stream")
    assert (made.status_code, made.json["added"]) == (200, 1)


def test_a_plan_is_refused_when_its_record_has_moved_on(here: Writer) -> None:
    plan = planned(here).json["plan"]
    append(here.store, country("GB", "Albion"))
    answer = here.send(f"{PLANS}/apply", data=plan, content_type=NDJSON)
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (409, "moved")
    assert "plan it again" in answer.json["detail"]


@pytest.mark.parametrize(
    ("file", "query", "sentence"),
    [
        ("", "", "empty"),
        ("<html><body>", "", "HTML page"),
        ("country,nothing\r\nGB,x\r\n", "", "'nothing' is not a field of country"),
        ("name\r\nx\r\n", "", "which one is country, the key?"),
        ("country,start-date\r\nGB,2017-13\r\nFR,1/2/2003\r\n", "", "row 3, start-date"),
        ("country,name\r\nGB\r\n", "", "row 2"),
        (FILE, "?source=schools", "is of the register school, not of country"),
        (FILE, "?source=nothing", "the parameter source is one of"),
        (FILE, "?source=countries", "the parameter source is one of"),
        (FILE, "?as-at=yesterday", "the parameter as-at"),
        (FILE, "?complete=perhaps", "the parameter complete is yes or no"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_its_reason(here: Writer, file: str, query: str, sentence: str) -> None:
    answer = planned(here, file, query)
    assert answer.status_code == 400
    assert sentence in answer.json["detail"]
    assert len(entries_of(here.store)) == 7


def test_what_is_no_plan_of_the_register_is_not_applied(here: Writer) -> None:
    for body, sentence in (
        ("", "line 1 is not one of a plan"),
        (planned(here).json["plan"].replace('"register":"country"', '"register":"other"'), "is for the register other"),
        (planned(here, "country,name\r\nDE,Germany\r\n").json["plan"], "no change in it"),
    ):
        answer = here.send(f"{PLANS}/apply", data=body, content_type=NDJSON)
        assert (answer.status_code, sentence in answer.json["detail"]) == (400, True), answer.text


def test_it_takes_a_key_that_may_write_or_propose(sqlite_store: Store) -> None:
    proposer = writer(sqlite_store, "propose")
    made = planned(proposer)
    assert made.status_code == 200
    assert proposer.send(f"{PLANS}/apply", data=made.json["plan"], content_type=NDJSON).status_code == 403
    assert proposer.send("/v2/proposals", data=made.json["plan"], content_type=NDJSON).status_code == 201
    assert proposer.app.test_client().post(PLANS, data=FILE, content_type="text/csv").status_code == 401


# Quality


def look(who: Writer) -> None:
    with who.store.reading() as tx:
        register = snapshot.find_register(tx, "country")
        definition = snapshot.read_definition(tx, register)
    assert definition is not None
    quality.report(who.store, register, definition)


def test_quality_is_what_the_last_look_found(author: Writer) -> None:
    missing = author.get("/v2/registers/country/quality")
    assert (missing.status_code, "registers check" in missing.json["detail"]) == (404, True)
    look(author)
    found = author.get("/v2/registers/country/quality")
    assert (found.json["records"], found.json["entries"], found.json["never-confirmed"]) == (6, 7, 6)
    blank = {field["field"]: field["blank"] for field in found.json["fields"]}
    assert blank == {"country": 0, "name": 0, "citizen-names": 4, "start-date": 6, "end-date": 6}
    again = author.get("/v2/registers/country/quality", headers={"If-None-Match": found.headers["ETag"]})
    assert again.status_code == 304


def test_another_look_is_another_answer(here: Writer) -> None:
    look(here)
    first = here.get("/v2/registers/country/quality")
    here.store.clock.now += 60  # type: ignore[attr-defined]
    look(here)
    again = here.get("/v2/registers/country/quality", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.json["checked"] > first.json["checked"]) == (200, True)


def test_there_is_a_page_of_it(here: Writer) -> None:
    unseen = here.get("/registers/country/quality", headers={"Accept": "text/html"})
    assert "Nobody has looked" in unseen.text
    look(here)
    page = here.get("/registers/country/quality", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Share blank" in page.text and "100.0" in page.text and "Records never confirmed" in page.text
    assert here.get("/registers/country/quality", headers={"Accept": "application/json"}).status_code == 303
