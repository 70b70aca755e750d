"""Drafts: begun, saved, submitted another day or thrown away; and that nobody else ever sees anything of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notices import telling
from registers import naming, redaction, snapshot
from registers.errors import Conflict, Corrupt, Gone, Invalid, Moved, NotFound, Overtaken, RegistersError, TooLarge
from registers.redaction import Wanted
from registers.store.engine import Store
from review import decisions, drafts, events, listing, proposals
from review.drafts import Draft, Written
from review.forgetting import PLANS
from tests.makers import AUTHORITY, NOW, OPERATOR, CheckedStore, append, country
from tests.review.makers import ANN, BOB, CAM, fill, planned, submitted

SECRET = "Atlantis"


def written(store: Store, name: str = SECRET, note: str = "") -> Written:
    return Written("country", planned(store, country("IT", name)), note=note)


def typed(key: str = "GB", **members: Any) -> Written:
    return Written("country", json.dumps({"typed": {"name": SECRET}, **members}).encode(), key, "record")


def read(store: Store, number: int, actor: str = ANN) -> Draft:
    with store.reading() as tx:
        return drafts.find(tx, number, actor)


def happened(store: Store, number: int) -> list[tuple[str, str, dict[str, object]]]:
    with store.reading() as tx:
        return [(each.kind, each.actor, dict(each.detail)) for each in proposals.events_of(tx, number)]


def everything(store: Store) -> str:
    """All that the tables of proposals hold, as text."""
    tables = ("review_head", "proposal", "proposal_plan", "proposal_event", "proposal_draft")
    with store.reading() as tx:
        return "\n".join(str(tx.connection.exec_driver_sql(f"SELECT * FROM {name}").all()) for name in tables)


def test_a_draft_is_kept_saved_and_submitted_another_day(store: CheckedStore) -> None:
    fill(store)
    begun = drafts.begin(store, ANN, written(store, "Ital", " half "))
    assert (begun.number, begun.author, begun.begun, begun.saved, begun.written.note) == (1, ANN, NOW, NOW, "half")
    store.clock.now += 86_400  # type: ignore[attr-defined]
    drafts.save(store, 1, ANN, written(store, "Italy", "whole"))
    store.clock.now += 86_400  # type: ignore[attr-defined]
    made = drafts.submit(store, 1, ANN)
    assert (made.confirmed, made.proposal.number, made.proposal.state) == (False, 1, "open")
    assert (made.proposal.begun, made.proposal.submitted) == (NOW, NOW + 2 * 86_400)
    assert made.proposal.subject.note == "whole"
    assert [kind for kind, _, _ in happened(store, 1)] == ["drafted", "drafted", "submitted", "checked"]
    assert decisions.approve(store, 1, BOB, OPERATOR).state == "published"
    with store.reading() as tx:
        assert json.loads(snapshot.take(tx, snapshot.find_register(tx, "country")).record("IT").body)["name"] == "Italy"


def test_nobody_else_sees_a_draft(store: CheckedStore) -> None:
    fill(store)
    drafts.begin(store, ANN, written(store))
    other = submitted(store, actor=BOB)
    names = ["country", ""]
    with store.reading() as tx:
        with pytest.raises(NotFound, match="there is no proposal 1"):
            drafts.find(tx, 1, BOB)
        with pytest.raises(NotFound, match="there is no proposal 1"):
            proposals.find(tx, 1)
        lists = [
            proposals.page(tx, 0, 10, is_open=False),
            listing.waiting(tx, 0, 10, None),
            listing.decided(tx, 99, 10, names),
            listing.suggested_by(tx, ANN, 99, 10),
        ]
        assert [[each.number for each in found] for found in lists] == [[other.number], [other.number], [], []]
        assert {each.proposal for each in listing.happened(tx, 0, 99)} == {other.number}
        assert {each.proposal for each in listing.concerning(tx, ANN, None, 99, 99)} == {other.number}
        assert drafts.page(tx, BOB) == []
    for act in (decisions.withdraw, decisions.rebase):
        with pytest.raises(NotFound):
            act(store, 1, ANN)  # type: ignore[operator]
    for act in (decisions.comment, decisions.reject):
        with pytest.raises(NotFound):
            act(store, 1, BOB, "well")  # type: ignore[operator]
    with pytest.raises(NotFound):
        decisions.approve(store, 1, BOB, OPERATOR)


def test_the_same_as_a_draft_is_no_confirmation_of_it(store: CheckedStore) -> None:
    fill(store)
    content = written(store)
    drafts.begin(store, ANN, content)
    drafts.begin(store, BOB, content)
    made = proposals.submit(store, content.content, CAM)
    assert (made.confirmed, made.proposal.number) == (False, 3)
    joined = drafts.submit(store, 1, ANN)
    assert (joined.confirmed, joined.proposal.number, joined.proposal.confirmed_by) == (True, 3, (ANN,))
    assert happened(store, 1)[-1] == ("superseded", ANN, {"by": 3})
    with pytest.raises(Gone, match="draft 1 asked for the same as proposal 3"):
        read(store, 1)
    assert read(store, 2, BOB).written.content == content.content


def test_a_draft_takes_the_place_of_an_earlier_proposal_when_it_is_submitted(store: CheckedStore) -> None:
    fill(store)
    earlier = submitted(store, country("IT", "Italia"))
    drafts.begin(store, ANN, written(store))
    with store.reading() as tx:
        assert proposals.find(tx, earlier.number).state == "open"
    drafts.submit(store, 2, ANN)
    with store.reading() as tx:
        assert proposals.find(tx, earlier.number).ending.detail == {"by": 2}  # type: ignore[union-attr]


def test_what_is_thrown_away_leaves_its_events_and_nothing_of_what_it_held(store: CheckedStore) -> None:
    fill(store)
    drafts.begin(store, ANN, written(store, note=f"of {SECRET}"))
    drafts.begin(store, ANN, typed())
    assert SECRET.encode() in read(store, 1).written.content
    drafts.throw_away(store, 1, ANN)
    assert drafts.forget(store, ANN) == 1
    assert SECRET not in everything(store)
    assert "country" not in everything(store)
    assert happened(store, 1) == [("drafted", ANN, {}), ("withdrawn", ANN, {})]
    for act in (drafts.throw_away, drafts.submit):
        with pytest.raises(Gone, match="draft 1 is no more: you threw it away"):
            act(store, 1, ANN)
    with pytest.raises(NotFound):
        drafts.throw_away(store, 1, BOB)


def test_a_draft_of_another_cannot_be_saved_submitted_or_thrown_away(store: CheckedStore) -> None:
    fill(store)
    drafts.begin(store, ANN, written(store))
    for act in (
        lambda: drafts.save(store, 1, BOB, written(store, "Mine")),
        lambda: drafts.submit(store, 1, BOB),
        lambda: drafts.throw_away(store, 1, BOB),
    ):
        with pytest.raises(NotFound, match="there is no proposal 1"):
            act()
    assert SECRET.encode() in read(store, 1).written.content


def test_two_windows_do_not_overwrite_each_other(store: CheckedStore) -> None:
    fill(store)
    seen = {drafts.begin(store, ANN, written(store)).last}
    drafts.save(store, 1, ANN, written(store, "Italy"), seen)
    for act in (
        lambda: drafts.save(store, 1, ANN, written(store, "Italia"), seen),
        lambda: drafts.submit(store, 1, ANN, seen=seen),
        lambda: drafts.throw_away(store, 1, ANN, seen),
    ):
        with pytest.raises(Overtaken, match="proposal 1 has moved on since you saw it"):
            act()
    assert b"Italy" in read(store, 1).written.content


def test_what_is_submitted_twice_is_one_proposal(store: CheckedStore) -> None:
    fill(store)
    drafts.begin(store, ANN, written(store))
    drafts.submit(store, 1, ANN)
    for act in (
        lambda: drafts.submit(store, 1, ANN),
        lambda: drafts.save(store, 1, ANN, written(store)),
        lambda: drafts.throw_away(store, 1, ANN),
    ):
        with pytest.raises(Conflict, match="draft 1 is submitted already"):
            act()
    with store.reading() as tx:
        assert [each.number for each in proposals.page(tx, 0, 10, is_open=False)] == [1]


def test_a_refused_submission_leaves_the_draft(store: CheckedStore) -> None:
    fill(store)
    drafts.begin(store, ANN, Written("country", planned(store, country("GB", "Britain"))))
    append(store, country("GB", "Great Britain"))
    assert "'GB' changed since" in drafts.why_stale(store, read(store, 1))
    with pytest.raises(Moved, match="'GB' changed since this was planned"):
        drafts.submit(store, 1, ANN)
    drafts.save(store, 1, ANN, written(store))
    naming.rename(store, "country", "land", AUTHORITY)
    with pytest.raises(RegistersError, match="land"):
        drafts.submit(store, 1, ANN)
    assert happened(store, 1) == [("drafted", ANN, {})] * 2
    assert read(store, 1).written.register == "country"


def test_a_draft_is_no_plan_that_anybody_could_read(store: CheckedStore) -> None:
    fill(store)
    good = written(store).content
    bad: list[tuple[Written, type[RegistersError], str]] = [
        (Written("", b"no plan"), Invalid, "line 1"),
        (Written("", good[:-14]), Invalid, "cut off|says that it has"),
        (Written("", b"x" * (drafts.LARGEST + 1)), TooLarge, "a draft is at most 16 MB"),
        (Written("", good, note="\x00"), Invalid, "note: holds"),
        (Written("", good, note="x" * 10_001), Invalid, "note: is text"),
    ]
    for each, error, sentence in bad:
        with pytest.raises(error, match=sentence):
            drafts.begin(store, ANN, each)
    begun = drafts.begin(store, ANN, typed())
    with pytest.raises(Conflict, match="draft 1 was typed into a form"):
        drafts.submit(store, begun.number, ANN)
    assert drafts.submit(store, 1, ANN, written(store)).proposal.number == 1


def test_an_author_has_so_many_drafts_and_no_more(sqlite_store: CheckedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sqlite_store)
    monkeypatch.setattr(drafts, "MOST", 2)
    for _ in range(2):
        drafts.begin(sqlite_store, ANN, typed())
    with pytest.raises(Conflict, match="you have 2 drafts"):
        drafts.begin(sqlite_store, ANN, typed())
    drafts.begin(sqlite_store, BOB, typed())
    drafts.save(sqlite_store, 1, ANN, typed())
    monkeypatch.setattr(drafts, "LARGEST_OF_ALL", 100)
    with pytest.raises(Conflict, match="your drafts would hold more than"):
        drafts.save(sqlite_store, 1, ANN, typed(reason="x" * 100))
    drafts.throw_away(sqlite_store, 2, ANN)
    drafts.begin(sqlite_store, ANN, typed())


def test_what_nobody_saves_for_long_goes(store: CheckedStore) -> None:
    fill(store)
    drafts.begin(store, ANN, typed())
    drafts.begin(store, ANN, typed())
    store.clock.now += drafts.KEPT * 86_400  # type: ignore[attr-defined]
    drafts.save(store, 2, ANN, typed())
    assert drafts.expire(store) == 0  # it is kept for all of that time
    store.clock.now += 1  # type: ignore[attr-defined]
    assert (drafts.expire(store), drafts.expire(store)) == (1, 0)
    assert happened(store, 1)[-1] == ("expired", ANN, {})
    with pytest.raises(Gone, match="draft 1 is no more: nobody saved it for 90 days"):
        read(store, 1)
    with store.reading() as tx:
        assert [each.number for each in drafts.page(tx, ANN)] == [2]


def test_a_draft_of_a_record_is_found_by_any_name_of_its_register(store: CheckedStore) -> None:
    fill(store)
    drafts.begin(store, ANN, typed("GB"))
    naming.rename(store, "country", "land", AUTHORITY)
    with store.reading() as tx:
        found = [drafts.of_record(tx, who, "land", key, "record") for who, key in ((ANN, "GB"), (BOB, "GB"), (ANN, ""))]
    assert [each and each.number for each in found] == [1, None, None]


def test_drafts_lose_what_is_taken_out_of_their_register(store: CheckedStore) -> None:
    fill(store)
    append(store, country("IT", SECRET))
    append(store, country("IT", "Italy"))
    drafts.begin(store, ANN, Written("country", planned(store, country("IT", SECRET, start_date="1861"))))
    drafts.begin(store, ANN, typed("IT", reason="kept"))
    drafts.begin(store, ANN, typed(""))
    drafts.begin(store, ANN, typed("GB"))  # of another record: there it is no one's
    redaction.take_away(store, "country", Wanted("IT", ("name",), 4), "why", AUTHORITY)
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
    PLANS.catch_up(store, register)
    held = [read(store, number).written.content for number in (1, 2, 3, 4)]
    assert [SECRET.encode() in each for each in held] == [False, False, False, True]
    assert json.loads(held[1]) == {"typed": {"name": ""}, "reason": "kept"}
    with pytest.raises(RegistersError):
        drafts.submit(store, 1, ANN)


def test_a_file_that_was_not_sent_goes_when_something_is_taken_away(sqlite_store: CheckedStore) -> None:
    """It may hold the value, and is not looked into."""
    fill(sqlite_store)
    append(sqlite_store, country("IT", SECRET), country("IT", "Italy"))
    form = json.dumps({"file": SECRET, "name": "new.csv", "reason": "kept"}).encode()
    drafts.begin(sqlite_store, ANN, Written("country", form, form="file"))
    redaction.take_away(sqlite_store, "country", Wanted("IT", ("name",), 4), "why", AUTHORITY)
    with sqlite_store.reading() as tx:
        register = snapshot.find_register(tx, "country")
    PLANS.catch_up(sqlite_store, register)
    assert json.loads(read(sqlite_store, 1).written.content) == {"name": "new.csv", "reason": "kept"}


def test_letters_are_of_what_was_submitted_alone(store: CheckedStore) -> None:
    fill(store)
    drafts.begin(store, ANN, written(store))
    drafts.begin(store, ANN, typed())
    telling.tell(store, "https://registers.example.org", sends=True)
    drafts.submit(store, 1, ANN)
    drafts.throw_away(store, 2, ANN)
    with store.reading() as tx:
        assert [each.kind for each in listing.happened(tx, 0, 99)] == ["submitted", "checked"]
    telling.tell(store, "https://registers.example.org", sends=True)


def test_no_proposal_goes_back_to_being_a_draft() -> None:
    kinds = ["drafted", "submitted", "drafted"]
    with pytest.raises(Corrupt):
        events.derive([events.Event(number, 1, kind, ANN, NOW, {}) for number, kind in enumerate(kinds, 1)])
