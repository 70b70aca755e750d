"""What a plan says is held against the last source, as far as that is known; and what is not known is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from loaders import loading, repeating, saying
from loaders.loading import File
from loaders.sources import find
from registers import redaction, snapshot
from registers.batch import Change
from registers.definition import Definition
from registers.redaction import Wanted
from registers.store.engine import Store
from review import checks
from review.findings import Report
from review.looking import Known
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, append, country
from tests.review.makers import fill, founding, planned

LIST = "country,name,start-date\nGB,United Kingdom,1707\nFR,France,1958\n"


@pytest.fixture
def loaded(store: CheckedStore, tmp_path: Path) -> CheckedStore:
    """GB and FR are as the list has them; DE is not in it, and nobody looked at it."""
    fill(store)
    load(store, tmp_path, LIST)
    return store


def load(store: Store, folder: Path, content: str) -> None:
    path = folder / "list.csv"
    path.write_text(content)
    with store.reading() as tx:
        definition = snapshot.read_definition(tx, snapshot.find_register(tx, "country"))
    assert isinstance(definition, Definition)
    plain = find("table").plain
    assert plain is not None
    file = File(path, repeating.digest_of(path))
    loading.load(store, plain(definition, False), file, AUTHORITY, OPERATOR, lambda *_: None)


def look(store: Store, *changes: Change, source: str = "a test") -> Report:
    known = Known(sources=saying.last_load)
    return checks.look(store, planned(store, *changes, source=source), known)


def notes(report: Report) -> list[tuple[str, str]]:
    assert report.total("fault") == 0
    return [(each.key, each.sentence) for each in report.findings if each.check == "source"]


def day(store: Store) -> str:
    with store.reading() as tx:
        found = saying.last_load(tx, snapshot.find_register(tx, "country"))
    assert found is not None
    return found.day


def test_a_field_that_the_source_has_otherwise_is_a_note(loaded: CheckedStore) -> None:
    report = look(loaded, country("GB", "Britain", start_date="1707"), country("FR", "France", start_date="1958-10"))
    told = f"in the source table, loaded on {day(loaded)}"
    assert notes(report) == [("GB", f"name was otherwise {told}"), ("FR", f"start-date was otherwise {told}")]
    assert report.limits == []


def test_a_field_that_is_taken_away_or_that_the_source_lacks_is_one_too(loaded: CheckedStore) -> None:
    report = look(loaded, country("GB", "United Kingdom"), country("FR", "France", start_date="1958", end_date="2000"))
    assert [(key, sentence.split()[0]) for key, sentence in notes(report)] == [("GB", "start-date"), ("FR", "end-date")]


def test_what_brings_a_record_back_to_the_source_agrees(loaded: CheckedStore) -> None:
    append(loaded, country("GB", "Albion", start_date="1066"))
    back = look(loaded, country("GB", "United Kingdom", start_date="1707"))
    assert (notes(back), back.limits) == ([], [])
    half = look(loaded, country("GB", "United Kingdom", start_date="1801"))
    assert [sentence.split()[0] for _, sentence in notes(half)] == ["start-date"]


def test_the_last_source_counts(loaded: CheckedStore, tmp_path: Path) -> None:
    load(loaded, tmp_path, LIST.replace("1707", "1801"))
    assert notes(look(loaded, country("GB", "United Kingdom", start_date="1801-01"))) != []
    back = look(loaded, country("GB", "United Kingdom", start_date="1707"))
    assert [key for key, _ in notes(back)] == ["GB"]


def test_what_the_source_said_of_others_is_not_known_and_that_is_said(loaded: CheckedStore) -> None:
    report = look(loaded, country("DE", "Deutschland"), country("IT", "Italy"))
    assert notes(report) == []
    assert report.limits == [f"what the source table, loaded on {day(loaded)}, said of 2 of the records is not kept"]


def test_a_register_that_was_never_loaded_or_is_to_come_has_no_source(store: CheckedStore) -> None:
    fill(store)
    assert (notes(look(store, country("GB", "Britain"))), look(store, country("IT", "Italy")).limits) == ([], [])
    assert checks.look(store, founding(), Known(sources=saying.last_load)).limits == []


def test_a_later_file_of_the_same_source_is_not_held_against_the_one_before(
    loaded: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But a table is anybody's, and is."""
    assert notes(look(loaded, country("GB", "Britain", start_date="1707"), source="table")) != []
    last = saying.kept.latest
    renamed = lambda *given: replace_source(last(*given))  # noqa: E731
    monkeypatch.setattr(saying.kept, "latest", renamed)
    assert notes(look(loaded, country("GB", "Britain", start_date="1707"), source="schools of 2026")) == []
    assert notes(look(loaded, country("GB", "Britain", start_date="1707"), source="a test")) != []


def replace_source(made: saying.kept.Comparison | None) -> saying.kept.Comparison | None:
    return made._replace(source="schools") if made else None


def test_what_was_taken_away_is_not_told(loaded: CheckedStore) -> None:
    """The source had it; the report, which is kept for ever, repeats no value of it."""
    redaction.take_away(loaded, "country", Wanted("FR", ("start-date",)), "asked for", AUTHORITY)
    report = look(loaded, country("FR", "Frankreich"))
    assert "1958" not in repr(report) and {key for key, _ in notes(report)} == {"FR"}
