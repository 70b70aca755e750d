"""What an author wants of records takes the place of what they wanted before, and the earlier proposal says so."""

from __future__ import annotations

import pytest

from registers import naming
from registers.batch import Change
from registers.errors import Conflict
from review import decisions, proposals, superseding
from review.events import Proposal
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, country
from tests.review.makers import ANN, BOB, CAM, fill, founding, planned, submitted

BRITAIN, ALBION, ITALY = country("GB", "Britain"), country("GB", "Albion"), country("IT", "Italy")


def states(store: CheckedStore) -> list[str]:
    with store.reading() as tx:
        return [each.state for each in proposals.page(tx, 0, 100, is_open=False)]


def find(store: CheckedStore, number: int) -> Proposal:
    with store.reading() as tx:
        return proposals.find(tx, number)


def test_the_later_takes_the_place_of_the_earlier_which_names_it(store: CheckedStore) -> None:
    fill(store)
    submitted(store, BRITAIN)
    submitted(store, ALBION)
    earlier = find(store, 1)
    assert (earlier.state, earlier.members()["superseded-by"]) == ("superseded", 2)
    assert earlier.ending is not None and earlier.ending.actor == ANN
    with store.reading() as tx:
        assert [each.number for each in proposals.page(tx, 0, 10)] == [2]
        assert [each.kind for each in proposals.events_of(tx, 2)] == ["submitted", "checked"]
    with pytest.raises(Conflict, match="decided already: it is superseded"):
        decisions.approve(store, 1, BOB, OPERATOR)
    assert decisions.approve(store, 2, BOB, OPERATOR).state == "published"
    assert find(store, 2).members()["superseded-by"] is None


@pytest.mark.parametrize(
    ("first", "second", "gives_way"),
    [
        ([BRITAIN], [ALBION, ITALY], True),
        ([ITALY], [ALBION, ITALY], True),
        ([BRITAIN, ITALY], [ALBION], False),
        ([BRITAIN], [ITALY], False),
    ],
)
def test_it_does_when_the_later_speaks_of_all_its_records(
    sqlite_store: CheckedStore, first: list[Change], second: list[Change], gives_way: bool
) -> None:
    fill(sqlite_store)
    submitted(sqlite_store, *first)
    submitted(sqlite_store, *second)
    assert states(sqlite_store) == ["superseded" if gives_way else "open", "open"]


def test_what_is_of_others_or_decided_or_has_another_kind_stays(store: CheckedStore) -> None:
    fill(store)
    submitted(store, BRITAIN, actor=CAM)
    submitted(store, ITALY)
    decisions.withdraw(store, 2, ANN)
    proposals.submit(store, founding(), ANN)
    submitted(store, ALBION, ITALY)
    assert states(store) == ["open", "withdrawn", "open", "open"]


def test_what_others_confirmed_is_theirs_as_well(store: CheckedStore) -> None:
    fill(store)
    content = planned(store, BRITAIN)
    proposals.submit(store, content, ANN)
    proposals.submit(store, content, CAM)
    submitted(store, ALBION)
    assert states(store) == ["open", "open"]


def test_to_confirm_what_another_wants_takes_the_place_of_ones_own(store: CheckedStore) -> None:
    fill(store)
    submitted(store, BRITAIN)
    content = planned(store, ALBION)
    proposals.submit(store, content, CAM)
    assert proposals.submit(store, content, ANN).confirmed
    assert states(store) == ["superseded", "open"]
    assert find(store, 1).members()["superseded-by"] == 2


def test_what_is_confirmed_or_decided_between_looking_and_submitting_stays(
    store: CheckedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier is looked for before the lock, and looked at again behind it."""
    fill(store)
    content = planned(store, BRITAIN)
    proposals.submit(store, content, ANN)
    choose = superseding.choose

    def slowly(*given: object) -> dict[int, str]:
        found = choose(*given)  # type: ignore[arg-type]
        monkeypatch.undo()
        acts.pop()()
        return found

    acts = [lambda: decisions.reject(store, 1, BOB, "no")]
    monkeypatch.setattr(superseding, "choose", slowly)
    submitted(store, ALBION)
    assert states(store) == ["rejected", "open"]


def test_a_renamed_register_is_still_the_same(store: CheckedStore) -> None:
    fill(store)
    submitted(store, BRITAIN)
    naming.rename(store, "country", "nation", AUTHORITY)
    proposals.submit(store, planned(store, ALBION, name="nation"), ANN)
    assert states(store) == ["superseded", "open"]
