"""Evidence: added while a proposal is open, kept as it was said, and changing nothing."""

from __future__ import annotations

import pytest

from registers.errors import Conflict, Invalid, NotFound, Overtaken, RegistersError
from review import decisions, evidence, proposals
from review.evidence import Evidence
from tests.makers import CheckedStore
from tests.review.makers import ANN, BOB, fill, submitted

URL = "https://example.org/gazette?page=2#names"


def test_it_is_kept_and_changes_nothing(store: CheckedStore) -> None:
    fill(store)
    before = submitted(store)
    for given in (Evidence(" In the gazette\r\nof May ", f" {URL} "), Evidence("In words alone"), Evidence(url=URL)):
        assert evidence.add(store, 1, BOB, given) == before
    with store.reading() as tx:
        added = [event for event in proposals.events_of(tx, 1) if event.kind == "evidence-added"]
        assert proposals.find(tx, 1) == before
    assert [(each.actor, dict(each.detail)) for each in added] == [
        (BOB, {"text": "In the gazette\nof May", "url": URL}),
        (BOB, {"text": "In words alone", "url": ""}),
        (BOB, {"text": "", "url": URL}),
    ]


BAD: list[tuple[Evidence, type[RegistersError], str]] = [
    (Evidence(), Invalid, "text: is needed"),
    (Evidence(" ", " "), Invalid, "text: is needed"),
    (Evidence("a\0b"), Invalid, "cannot be seen"),
    (Evidence("x" * 10_001), Invalid, "at most 10,000 characters"),
    *(
        (Evidence("so", url), Invalid, "url: ")
        for url in (
            *("javascript:alert(1)", "data:text/html,x", "example.org", "https://", "ftp://example.org/x", "https://["),
            *("https://ann:secret@example.org/", "https://example.org/a b", "https://example.org/\u202e"),
            "https://example.org/" + "x" * 2000,
        )
    ),
]


@pytest.mark.parametrize(("given", "error", "sentence"), BAD)
def test_what_nobody_could_look_up_is_refused(
    sqlite_store: CheckedStore, given: Evidence, error: type[RegistersError], sentence: str
) -> None:
    fill(sqlite_store)
    submitted(sqlite_store)
    with pytest.raises(error, match=sentence):
        evidence.add(sqlite_store, 1, BOB, given)
    with sqlite_store.reading() as tx:
        assert len(proposals.events_of(tx, 1)) == 2


def test_it_is_for_who_decides_so_only_while_that_is_to_come(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    with pytest.raises(NotFound, match="no proposal 9"):
        evidence.add(store, 9, BOB, Evidence("so"))
    with pytest.raises(Overtaken, match="moved on"):
        evidence.add(store, 1, BOB, Evidence("so"), {1})
    decisions.withdraw(store, 1, ANN)
    with pytest.raises(Conflict, match="it is withdrawn; you may comment on it"):
        evidence.add(store, 1, BOB, Evidence("so"))
