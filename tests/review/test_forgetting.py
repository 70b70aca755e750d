"""Plans lose what is taken out of their register: they are shown without it, and none of them is appended."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from registers import naming, redaction, snapshot
from registers.entry import REDACTED
from registers.errors import Gone, Moved
from registers.redaction import Wanted
from registers.store.engine import Store
from registers.v2.hashing import text_digest
from review import decisions, proposals, store
from review.events import Proposal
from review.forgetting import PLANS
from tests.makers import AUTHORITY, OPERATOR, append, country
from tests.review.makers import ANN, BOB, CAM, fill, planned, submitted

NAME = "Jane Doe"
MARK = REDACTED + text_digest(NAME).hex()


@pytest.fixture
def named(store: Store) -> Store:
    """A register in which a record had a name that is to be taken away."""
    fill(store)
    append(store, country("GB", NAME), country("IT", NAME))
    append(store, country("GB", "Somebody"))
    return store


def forget(of: Store, key: str = "GB", entry: int = 4, name: str = "country") -> None:
    redaction.take_away(of, name, Wanted(key, ("name",), entry), "why", AUTHORITY)
    with of.reading() as tx:
        register = snapshot.find_register(tx, name)
    PLANS.catch_up(of, register)


def found(of: Store, number: int) -> Proposal:
    with of.reading() as tx:
        return proposals.find(tx, number)


def content(of: Store, number: int) -> bytes:
    with of.reading() as tx:
        return store.read_plan(tx.connection, bytes.fromhex(proposals.find(tx, number).subject.plan)) or b""


def test_a_plan_that_was_published_is_shown_without_it(named: Store) -> None:
    submitted(named, country("GB", NAME, start_date="2001"), country("DE", "Deutschland"))
    decisions.approve(named, 1, BOB, OPERATOR)
    forget(named)
    assert NAME.encode() not in content(named, 1)
    first, second = proposals.changes(named, found(named, 1), 0, 10)
    assert first.fields["name"] == {"from": "Somebody", "to": MARK}
    assert second.fields["name"] == {"from": "Germany", "to": "Deutschland"}
    with named.reading() as tx, pytest.raises(Gone, match="values in the plan of proposal 1 were taken out"):
        proposals.plan_of(tx, found(named, 1))


def test_one_that_is_open_is_stale_and_can_be_rejected(named: Store) -> None:
    submitted(named, country("GB", NAME, start_date="2001"))
    forget(named)
    assert proposals.why_stale(named, found(named, 1)) == "values in it were taken out of its register since"
    with pytest.raises(Moved, match="proposal 1 is stale: values in it were taken out"):
        decisions.approve(named, 1, BOB, OPERATOR)
    assert decisions.reject(named, 1, BOB, "no").state == "rejected"


def test_plans_of_other_records_and_other_values_are_as_they_were(named: Store) -> None:
    submitted(named, country("IT", NAME, start_date="2001"))
    submitted(named, country("GB", "Nobody", citizen_names=[NAME]), actor=CAM)
    before = [content(named, number) for number in (1, 2)]
    forget(named)
    assert [content(named, number) for number in (1, 2)] == before
    assert decisions.approve(named, 1, BOB, OPERATOR).state == "published"
    assert decisions.approve(named, 2, BOB, OPERATOR).state == "published"


def test_a_plan_that_lost_something_is_not_submitted_again(named: Store) -> None:
    plan = planned(named, country("GB", NAME, start_date="2001"))
    proposals.submit(named, plan, ANN)
    decisions.withdraw(named, 1, ANN)
    forget(named)
    with pytest.raises(Moved, match="name: the value that the plan has for 'GB' was taken away; plan it again"):
        proposals.submit(named, plan, ANN)


def test_a_plan_that_was_read_before_a_redaction_is_not_kept_after_it(
    named: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, read = planned(named, country("GB", NAME, start_date="2001")), proposals.look

    def redacting(*given: object) -> object:
        made = read(*given)  # type: ignore[arg-type]
        forget(named)
        return made

    monkeypatch.setattr(proposals, "look", redacting)
    with pytest.raises(Moved, match="something was taken out of country while this was submitted"):
        proposals.submit(named, plan, ANN)
    with named.reading() as tx:
        assert tx.connection.execute(select(store.proposal_plan)).all() == []


def test_plans_under_a_former_name_lose_it_too(named: Store) -> None:
    submitted(named, country("GB", NAME, start_date="2001"))
    naming.rename(named, "country", "nation", AUTHORITY)
    forget(named, name="nation")
    assert NAME.encode() not in content(named, 1)


def test_it_heeds_each_redaction_once(named: Store) -> None:
    submitted(named, country("GB", NAME, start_date="2001"), country("IT", NAME, start_date="2001"))
    forget(named)
    assert content(named, 1).count(NAME.encode()) == 1
    forget(named, "IT", 5)
    assert content(named, 1).count(NAME.encode()) == 0
    with named.reading() as tx:
        register = snapshot.find_register(tx, "country")
        assert PLANS.position(tx, register.id) == redaction.latest(tx, register.id) > 0
