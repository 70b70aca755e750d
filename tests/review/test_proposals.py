"""Submitting plans, joining those that are the same, and showing what they would do."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from registers.errors import Conflict, Corrupt, Invalid, Moved, NotFound, RegistersError, TooLarge
from registers.plan import Header, digest_of
from registers.store.engine import Store
from review import decisions, proposals
from review import store as sql
from review.events import Proposal
from tests.makers import NOW, OPERATOR, CheckedStore, append, country
from tests.review.makers import ANN, BOB, CAM, fill, founding, planned, submitted


def page(store: Store, after: int = 0, limit: int = 10, is_open: bool = True, of: set[str] | None = None) -> list[int]:
    with store.reading() as tx:
        return [each.number for each in proposals.page(tx, after, limit, is_open, of)]


def is_empty(store: Store) -> bool:
    with store.reading() as tx:
        counts = tx.connection.exec_driver_sql("SELECT proposals, events FROM review_head").one()
        plans = tx.connection.exec_driver_sql("SELECT count(*) FROM proposal_plan").scalar_one()
    return (*counts, plans) == (0, 0, 0)


def test_a_plan_is_kept_as_it_was_submitted(store: CheckedStore) -> None:
    fill(store)
    content = planned(store, country("IT", "Italy"))
    made = proposals.submit(store, content, ANN, " As agreed ")
    assert (made.confirmed, made.proposal.number, made.proposal.submitted) == (False, 1, NOW)
    subject = made.proposal.subject
    assert (subject.register, subject.kind, subject.changes, subject.size) == ("country", "records", 1, 3)
    assert (subject.plan, subject.source, subject.note) == (digest_of(content), "a test", "As agreed")
    with store.reading() as tx:
        assert proposals.find(tx, 1) == made.proposal
        assert proposals.plan_of(tx, made.proposal) == content


def test_the_same_plan_from_another_confirms_the_first(store: CheckedStore) -> None:
    fill(store)
    content = planned(store, country("IT", "Italy"))
    proposals.submit(store, content, ANN)
    made = proposals.submit(store, content, BOB)
    assert (made.confirmed, made.proposal.number, made.proposal.confirmed_by) == (True, 1, (BOB,))
    for actor in (ANN, BOB):
        with pytest.raises(Conflict, match="you have submitted this plan already, as proposal 1"):
            proposals.submit(store, content, actor)
    assert page(store, is_open=False) == [1]
    assert decisions.approve(store, 1, BOB, OPERATOR).state == "published"  # who confirms is not the author


def test_numbers_have_no_gaps_whatever_is_refused(store: CheckedStore) -> None:
    fill(store)
    submitted(store)
    with pytest.raises(Invalid):
        proposals.submit(store, b"no plan", ANN)
    with pytest.raises(Conflict):
        submitted(store)
    submitted(store, country("FR", "Frankreich"))
    decisions.comment(store, 1, BOB, "well")
    with store.reading() as tx:
        numbers = [event.number for number in (1, 2) for event in proposals.events_of(tx, number)]
    assert sorted(numbers) == [1, 2, 3, 4, 5]  # each submission is checked too
    assert page(store) == [1, 2]


def changed(content: bytes, **members: object) -> bytes:
    """A plan with other members in its first line."""
    first, rest = content.split(b"\n", 1)
    return json.dumps({**json.loads(first), **members}).encode() + b"\n" + rest


BAD: list[tuple[Callable[[bytes], bytes], type[RegistersError], str]] = [
    (lambda _: b"", Invalid, "line 1 is not one of a plan"),
    (lambda _: b"{}", Invalid, "not a plan of version 1"),
    (lambda plan: plan[:-14], Invalid, "cut off|says that it has"),
    (lambda plan: plan + b"{}", Invalid, "stands after its end"),
    (lambda plan: plan.replace(b"Italy", b"It\\ud800"), Invalid, "half of a surrogate pair"),
    (lambda plan: plan.replace(b'"name"', b'"colour"'), Invalid, "'colour' is not a field"),
    (lambda plan: plan.splitlines(True)[0] + b'{"changes":0}', Invalid, "the plan changes nothing"),
    (lambda plan: changed(plan, origin="example.org/country"), Conflict, "this plan is for one with the origin"),
    (lambda plan: changed(plan, register="nowhere"), NotFound, "there is no register 'nowhere'"),
    (lambda plan: changed(plan, source="a\x1bb"), Invalid, "source: is at most"),
    (lambda plan: changed(plan, **{"as-at": "2020-13-45"}), Invalid, "not a day of the calendar"),
    (lambda plan: changed(plan, **{"as-at": "2020-01-01"}), Moved, "dated to 2020-01-01"),
    (lambda plan: plan.replace(b'"IT"', b'"GB"'), Moved, "'GB' changed since this was planned; plan it again"),
]


@pytest.mark.parametrize(("break_it", "error", "sentence"), BAD)
def test_a_bad_plan_is_refused_and_nothing_is_kept(
    sqlite_store: CheckedStore, break_it: Callable[[bytes], bytes], error: type[RegistersError], sentence: str
) -> None:
    fill(sqlite_store)
    broken = break_it(planned(sqlite_store, country("IT", "Italy")))
    with pytest.raises(error, match=sentence):
        proposals.submit(sqlite_store, broken, ANN)
    assert is_empty(sqlite_store)


def test_a_plan_that_changes_a_record_twice_could_never_be_appended(sqlite_store: CheckedStore) -> None:
    fill(sqlite_store)
    with pytest.raises(Invalid, match="the plan changes the record 'IT' twice"):
        submitted(sqlite_store, country("IT", "Italy"), country("IT", "Italia"))


def test_a_plan_that_leaves_a_record_as_it_is_could_never_be_appended(sqlite_store: CheckedStore) -> None:
    fill(sqlite_store)
    with pytest.raises(Invalid, match="the plan leaves the record 'GB' as it is"):
        submitted(sqlite_store, country("IT", "Italy"), country("GB", "United Kingdom"))


def test_a_plan_that_was_overtaken_is_refused(store: CheckedStore) -> None:
    fill(store)
    content = planned(store, *(country(key, "changed") for key in ("GB", "FR", "DE")))
    append(store, country("FR", "The French Republic"))
    with pytest.raises(Moved, match="the register has moved on: 'FR' changed since this was planned; plan it again"):
        proposals.submit(store, content, ANN)
    assert is_empty(store)


def test_many_overtaken_records_are_counted(sqlite_store: CheckedStore) -> None:
    fill(sqlite_store)
    many = [country(f"K{n}", "new") for n in range(8)]
    content = planned(sqlite_store, *many)
    append(sqlite_store, *many)
    with pytest.raises(Moved, match="'K4' and 3 more changed"):
        proposals.submit(sqlite_store, content, ANN)


def test_a_plan_over_the_limit_is_refused_unread(sqlite_store: CheckedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sqlite_store)
    monkeypatch.setattr(proposals, "LIMIT", 100)
    with pytest.raises(TooLarge, match="the plan is over"):
        submitted(sqlite_store)


def test_pages_go_by_number_and_may_be_of_some_registers(store: CheckedStore) -> None:
    fill(store)
    for key in ("A", "B", "C", "D"):
        submitted(store, country(key, "new"))
    proposals.submit(store, founding(), ANN)
    decisions.reject(store, 2, BOB, "no")
    assert page(store) == [1, 3, 4, 5]
    assert page(store, limit=2) == [1, 3]
    assert page(store, after=3) == [4, 5]
    assert page(store, is_open=False) == [1, 2, 3, 4, 5]
    assert page(store, of={"tree"}) == [5]
    assert page(store, of=set()) == []


def test_open_ones_are_found_by_an_index_of_the_open_ones(store: CheckedStore) -> None:
    query = "SELECT number FROM proposal WHERE number > 0 AND is_open = 1 ORDER BY number"
    with store.reading() as tx:
        if store.is_sqlite:
            shown = str(tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").fetchall())
        else:
            query = "SELECT indexdef FROM pg_indexes WHERE indexname = 'proposal_open'"
            shown = str(tx.connection.exec_driver_sql(query).scalar_one())
    assert "proposal_open" in shown


# What it would do


def shown(store: Store, number: int = 1, after: int = 0, limit: int = 10) -> list[tuple[str, str, object]]:
    with store.reading() as tx:
        proposal = proposals.find(tx, number)
    found = proposals.changes(store, proposal, after, limit)
    return [(each.key, each.kind, each.fields) for each in found]


EXPECTED = [
    ("GB", "changed", {"name": {"from": "United Kingdom", "to": "Britain"}}),
    ("DE", "ended", {"end-date": {"to": "2023-01-01"}}),
    ("IT", "added", {"country": {"to": "IT"}, "name": {"to": "Italy"}}),
]


@pytest.fixture
def proposed(store: CheckedStore) -> CheckedStore:
    """A proposal that changes, ends and adds a record."""
    fill(store)
    submitted(store, country("GB", "Britain"), country("DE", "Germany", end_date="2023-01-01"), country("IT", "Italy"))
    return store


def test_changes_are_shown_field_by_field_and_page_by_page(proposed: CheckedStore) -> None:
    assert shown(proposed) == EXPECTED
    assert shown(proposed, limit=1) == EXPECTED[:1]
    assert shown(proposed, after=1, limit=1) == EXPECTED[1:2]
    assert shown(proposed, after=2) == EXPECTED[2:]
    assert shown(proposed, after=3) == shown(proposed, after=10**17) == []


def test_changes_are_shown_the_same_when_stale_and_when_published(proposed: CheckedStore) -> None:
    append(proposed, country("FR", "The French Republic"))
    assert shown(proposed) == EXPECTED
    decisions.approve(proposed, 1, BOB, OPERATOR)
    assert shown(proposed) == EXPECTED
    submitted(proposed, country("GB", "Albion"), actor=CAM)
    append(proposed, country("GB", "Great Britain"))
    assert shown(proposed, 2) == [("GB", "changed", {"name": {"from": "Britain", "to": "Albion"}})]


def test_the_definition_of_a_register_that_is_made_is_shown(store: CheckedStore) -> None:
    proposal = proposals.submit(store, founding(), ANN).proposal
    assert [key for key, _ in proposals.definition_of(store, proposal)][-1] == "register:tree"
    added = [("oak", "added", {"tree": {"to": "oak"}, "name": {"to": "Oak"}})]
    assert shown(store) == added
    decisions.approve(store, 1, BOB, OPERATOR)
    assert shown(store) == added


def test_a_plan_that_is_not_the_one_submitted_is_never_shown_or_appended(store: CheckedStore) -> None:
    fill(store)
    proposal = submitted(store)
    with store.writing() as tx:
        tx.connection.exec_driver_sql("UPDATE proposal_plan SET content = digest")
    acts: list[Callable[[], object]] = [
        lambda: proposals.changes(store, proposal, 0, 10),
        lambda: decisions.approve(store, 1, BOB, OPERATOR),
    ]
    for act in acts:
        with pytest.raises(Corrupt, match="is not the one that was submitted"):
            act()


@pytest.mark.parametrize("act", ["UPDATE proposal_event SET actor = 'eve'", "DELETE FROM proposal_event"])
def test_the_database_refuses_to_change_what_happened(store: CheckedStore, act: str) -> None:
    fill(store)
    submitted(store)
    with pytest.raises(Conflict, match="events of proposals are never"), store.writing() as tx:
        tx.connection.exec_driver_sql(act)


def test_postgresql_refuses_to_empty_the_events(postgresql_store: CheckedStore) -> None:
    with pytest.raises(Conflict, match="events of proposals are never"), postgresql_store.writing() as tx:
        tx.connection.exec_driver_sql("TRUNCATE proposal_event")


def test_of_one_plan_only_one_proposal_is_open(store: CheckedStore) -> None:
    fill(store)
    proposal: Proposal = submitted(store)
    digest = bytes.fromhex(proposal.subject.plan)
    with pytest.raises(Conflict, match="the database refuses it"), store.writing() as tx:
        sql.add_proposal(tx.connection, "country", digest, b"")


def test_a_header_is_read_without_the_rest() -> None:
    assert isinstance(proposals.header_of(founding()), Header)
