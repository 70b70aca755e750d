"""Why a change is proposed: what may be said of which plan, and what is taken for granted."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from registers import redaction
from registers.errors import Invalid
from registers.redaction import Wanted
from review import policies, proposals, purposes
from review.events import Subject
from tests.makers import CheckedStore, country
from tests.review.makers import ANN, BOB, fill, founding, planned

FITTING: list[tuple[str, Mapping[str, int], tuple[str, ...]]] = [
    ("records", {"added": 2}, ("add", "correct")),
    ("records", {"changed": 2}, ("change", "correct")),
    ("records", {"ended": 1, "added": 0}, ("end", "retract", "correct")),
    ("records", {"added": 1, "ended": 1}, ("change", "correct")),
    ("definition", {}, ("change", "correct")),
    ("definition", {"added": 1}, ("change", "correct")),
    ("register", {"added": 5}, ("add",)),
    ("redaction", {}, ("redact",)),
]


@pytest.mark.parametrize(("kind", "outcomes", "fitting"), FITTING)
def test_what_may_be_said_depends_on_what_the_plan_does(
    kind: str, outcomes: Mapping[str, int], fitting: tuple[str, ...]
) -> None:
    assert purposes.choose("", kind, outcomes) == fitting[0]
    for purpose in purposes.PURPOSES:
        if purpose in fitting:
            assert purposes.choose(purpose, kind, outcomes) == purpose
        else:
            with pytest.raises(Invalid, match=f"this plan is .*{fitting[-1]}, by what it does, and not {purpose}"):
                purposes.choose(purpose, kind, outcomes)


def test_what_is_no_purpose_is_refused() -> None:
    assert {kind for kind, _, _ in FITTING} == set(policies.KINDS)
    with pytest.raises(Invalid, match="purpose: is one of add, change, .*, not 'because'"):
        purposes.choose("because", "records", {"added": 1})


def test_the_purpose_is_kept_and_shown(store: CheckedStore) -> None:
    fill(store)
    ended = planned(store, country("DE", "Germany", end_date="2023-01-01"))
    made = proposals.submit(store, ended, ANN, purpose="retract").proposal
    assert (made.subject.purpose, made.members()["purpose"]) == ("retract", "retract")
    with store.reading() as tx:
        assert proposals.events_of(tx, 1)[0].detail["purpose"] == "retract"
    assert proposals.submit(store, ended, BOB).confirmed  # whatever the second would have said
    assert proposals.submit(store, planned(store, country("FR", "Gaul")), ANN).proposal.subject.purpose == "change"
    assert proposals.submit(store, founding(), ANN).proposal.subject.purpose == "add"
    with pytest.raises(Invalid, match="this plan is add or correct"):
        proposals.submit(store, planned(store, country("IT", "Italy")), ANN, purpose="end")


def test_values_are_taken_away_for_no_other_purpose(store: CheckedStore) -> None:
    fill(store)
    content = redaction.plan(store, "country", Wanted("FR", ("name",)), "asked for")
    assert proposals.submit(store, content, ANN).proposal.subject.purpose == "redact"
    with pytest.raises(Invalid, match="this plan is redact"):
        proposals.submit(store, content, BOB, purpose="correct")


def test_proposals_of_before_it_was_asked_have_none() -> None:
    told = Subject("country", "ab" * 32, "records", 2, 0, 209, "a test", "why", "end").detail()
    del told["purpose"]
    assert Subject(**json.loads(json.dumps(told))).purpose == ""
