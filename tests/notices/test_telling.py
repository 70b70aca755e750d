"""From what happens to proposals to letters: who is told what, once, after its commit, and not of their own act."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from notices import mail, telling, wishes, wording
from notices.posting import CLAIM, Office, send_some
from notices.store.letters import letter as table
from notices.telling import tell, tell_of_expired
from notices.wishes import COMMENTS, DECISIONS, PROPOSALS
from people import accounts, roles
from people.accounts import Wanted
from registers import naming
from registers.errors import Conflict
from registers.opening import HASHINGS
from registers.store.engine import Store
from review import decisions, events, evidence, proposals
from review.decisions import Actor
from review.events import Event
from review.evidence import Evidence
from review.standing import DAY
from tests.faults import moments
from tests.faults.processes import KILLED, Process
from tests.makers import AUTHORITY, NOW, OPERATOR, FixedClock, append, country
from tests.notices.mailbox import Mailbox
from tests.review.makers import fill, founding, submitted

BASE = "https://registers.example.org"
AT_PROPOSAL = f"{BASE}/proposals/1\n"


class People:
    """People with accounts, by a name of theirs; those who decide on `country` among them."""

    def __init__(self, store: Store) -> None:
        self.ids: dict[str, str] = {}
        for name in ("ann", "bob", "cam", "rae"):
            self.ids[name] = accounts.add(store, Wanted(name, f"{name}@example.org", confirmed=True), "tester").id
        for name, role in (("cam", "custodian"), ("rae", "reviewer")):
            roles.grant(store, roles.Wanted(self.ids[name], role, "country"), "tester")

    def name(self, account: str) -> str:
        """The name of whose account it is."""
        return next(name for name, each in self.ids.items() if each == account)


@pytest.fixture
def people(store: Store) -> People:
    fill(store)
    return People(store)


def told(store: Store, people: People) -> list[tuple[str, str, str]]:
    """Whom a letter is to, of which kind and about what, as they wait; they are taken away."""
    tell(store, BASE, True)
    with store.writing() as tx:
        rows = tx.connection.execute(select(table.c.account, table.c.kind, table.c.subject)).all()
        tx.connection.execute(table.delete())
    return sorted((people.name(row.account), row.kind, row.subject) for row in rows)


def texts(store: Store) -> list[str]:
    tell(store, BASE, True)
    with store.reading() as tx:
        return sorted(tx.connection.execute(select(table.c.text)).scalars())


def suggest(store: Store, people: People, name: str = "ann") -> None:
    submitted(store, actor=people.ids[name])
    told(store, people)


def test_who_decides_on_a_register_is_told_of_a_new_suggestion(store: Store, people: People) -> None:
    submitted(store, actor=people.ids["ann"])
    assert told(store, people) == [
        ("cam", PROPOSALS, "There is a new suggestion for country"),
        ("rae", PROPOSALS, "There is a new suggestion for country"),
    ]
    assert told(store, people) == []


def test_nobody_is_told_of_their_own_suggestion_and_many_are_told_in_one_letter(store: Store, people: People) -> None:
    for number in range(12):
        submitted(store, country(f"K{number}"), actor=people.ids["ann"])
    submitted(store, country("OWN"), actor=people.ids["cam"])
    (some, all_of_them) = sorted(texts(store), key=len)
    assert some.startswith("There are 12 new suggestions for country.\n\nSomebody has to look at it.\n\n")
    assert some.count(BASE) == 11 and some.endswith(f"and 2 more: {BASE}/queue\n")
    assert f"and 3 more: {BASE}/queue\n" in all_of_them
    assert [each[0] for each in told(store, people)] == ["cam", "rae"]


def test_what_is_decided_already_waits_for_nobody(store: Store, people: People) -> None:
    submitted(store, actor=people.ids["ann"])
    decisions.approve(store, 1, people.ids["cam"], OPERATOR)
    assert told(store, people) == [("ann", DECISIONS, "Your suggestion 1 for country is published")]


def test_a_register_that_is_not_there_yet_is_for_who_decides_on_all(store: Store, people: People) -> None:
    roles.grant(store, roles.Wanted(people.ids["bob"], "administrator"), "tester")
    proposals.submit(store, founding(), people.ids["ann"])
    assert told(store, people) == [("bob", PROPOSALS, "There is a new suggestion for tree")]


def test_the_author_and_who_supports_it_are_told_what_was_decided(store: Store, people: People) -> None:
    suggest(store, people)
    submitted(store, actor=people.ids["bob"])
    assert told(store, people) == [
        ("ann", COMMENTS, "Somebody else suggests the same as your suggestion 1 for country")
    ]
    decisions.approve(store, 1, people.ids["cam"], OPERATOR)
    tell(store, BASE, True)
    published = "is published.\n\nIt is entries 4 to 5.\n\n" + AT_PROPOSAL
    assert texts(store) == [
        f"The suggestion that you support, 1 for country {published}",
        f"Your suggestion 1 for country {published}",
    ]


def test_a_reason_is_told_and_no_name(store: Store, people: People) -> None:
    suggest(store, people)
    decisions.reject(store, 1, people.ids["cam"], "It is not so.\nBcc: eve@example.org")
    (text,) = texts(store)
    assert text == (
        "Your suggestion 1 for country was rejected.\n\nThe reason that was given:\n\n"
        f"It is not so.\nBcc: eve@example.org\n\n{AT_PROPOSAL}"
    )


def test_an_approval_that_is_not_enough_is_told(store: Store) -> None:
    fill(store, "critical")
    people = People(store)
    suggest(store, people)
    decisions.approve(store, 1, people.ids["cam"], OPERATOR)
    assert told(store, people) == [("ann", DECISIONS, "A custodian has approved your suggestion 1 for country")]
    decisions.approve(store, 1, people.ids["rae"], OPERATOR)
    assert told(store, people) == [("ann", DECISIONS, "Your suggestion 1 for country is published")]


def test_a_comment_is_told_to_the_others_who_take_part_and_not_repeated(store: Store, people: People) -> None:
    suggest(store, people)
    decisions.comment(store, 1, people.ids["cam"], "Zaphodia Quuxworth lives there")
    assert "Zaphodia" not in "".join(texts(store))
    assert told(store, people) == [("ann", COMMENTS, "There is a new comment on your suggestion 1 for country")]
    decisions.comment(store, 1, people.ids["ann"], "So it is")
    assert told(store, people) == [
        ("cam", COMMENTS, "There is a new comment on the suggestion that you discuss, 1 for country")
    ]


def test_a_plan_that_is_made_anew_and_one_that_is_taken_back_are_told(store: Store, people: People) -> None:
    suggest(store, people)
    submitted(store, actor=people.ids["bob"])
    told(store, people)
    append(store, country("GB", "United Kingdom", end_date="2020-01-01"))
    decisions.rebase(store, 1, Actor(people.ids["cam"], is_custodian=True))
    assert told(store, people) == [
        ("ann", DECISIONS, "Your suggestion 1 for country was brought up to date"),
        ("bob", DECISIONS, "The suggestion that you support, 1 for country was brought up to date"),
    ]
    decisions.withdraw(store, 1, people.ids["ann"])
    assert told(store, people) == [
        ("bob", DECISIONS, "The suggestion that you support, 1 for country was withdrawn"),
    ]


def test_evidence_is_told_without_what_it_says(store: Store, people: People) -> None:
    suggest(store, people)
    evidence.add(store, 1, people.ids["rae"], Evidence("Zaphodia said so", "https://example.org/zaphodia"))
    assert "aphodia" not in "".join(texts(store))
    assert told(store, people) == [("ann", COMMENTS, "There is new evidence for your suggestion 1 for country")]
    decisions.comment(store, 1, people.ids["cam"], "Thank you")
    assert [each[0] for each in told(store, people)] == ["ann", "rae"]


def test_every_kind_of_event_is_told_or_left_out_on_purpose(store: Store, people: People) -> None:
    submitted(store, actor=people.ids["ann"])
    with store.reading() as tx:
        proposal = proposals.find(tx, 1)
    event = Event(9, 1, "", "somebody", NOW, {"reason": "No.", "first-entry": 1, "last-entry": 1})
    unsaid = {kind for kind in events.KINDS if wording.tell(replace(event, kind=kind), proposal, "it") is None}
    # Nobody else knows of a draft; those who decide are told of what is submitted; machines check.
    assert unsaid == {events.DRAFTED, events.SUBMITTED, events.CHECKED}


def test_a_register_that_is_made_says_its_entries(store: Store, people: People) -> None:
    roles.grant(store, roles.Wanted(people.ids["bob"], "custodian"), "tester")
    proposals.submit(store, founding(), people.ids["ann"])
    told(store, people)
    decisions.approve(store, 1, people.ids["bob"], OPERATOR)
    (text,) = texts(store)
    assert "It is entry 1." in text


def test_what_expires_is_told_once(store: Store, people: People, clock: FixedClock) -> None:
    tell_of_expired(store, BASE, True)
    suggest(store, people)
    clock.now = NOW + 365 * DAY - 1
    tell_of_expired(store, BASE, True)
    assert told(store, people) == []
    for _ in range(2):
        clock.now += 1
        tell_of_expired(store, BASE, True)
    assert told(store, people) == [("ann", DECISIONS, "Your suggestion 1 for country has expired")]


def test_what_a_program_suggests_is_told_to_who_decides_and_not_to_the_program(store: Store, people: People) -> None:
    submitted(store, actor="key-0123456789ab")
    decisions.comment(store, 1, people.ids["cam"], "Why?")
    assert [each[0] for each in told(store, people)] == ["cam", "rae"]
    decisions.reject(store, 1, people.ids["cam"], "No.")
    assert told(store, people) == []


def test_who_wants_no_mails_of_a_kind_gets_none(store: Store, people: People) -> None:
    wishes.choose(store, people.ids["ann"], [DECISIONS])
    wishes.choose(store, people.ids["cam"], [])
    submitted(store, actor=people.ids["ann"])
    decisions.comment(store, 1, people.ids["cam"], "Why?")
    decisions.reject(store, 1, people.ids["cam"], "No.")
    assert [each[:2] for each in told(store, people)] == [("ann", DECISIONS)]


def test_who_was_forgotten_is_told_nothing(store: Store, people: People) -> None:
    suggest(store, people)
    accounts.forget(store, people.ids["ann"], "tester")
    decisions.reject(store, 1, people.ids["cam"], "No.")
    assert told(store, people) == []


def test_where_no_mail_is_sent_nothing_is_kept_and_nothing_is_told_later(store: Store, people: People) -> None:
    submitted(store, actor=people.ids["ann"])
    tell(store, BASE, False)
    assert told(store, people) == []
    decisions.reject(store, 1, people.ids["cam"], "No.")
    assert [each[0] for each in told(store, people)] == ["ann"]


def test_many_events_are_told_in_several_acts(store: Store, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "CHUNK", 3)
    for number in range(5):
        submitted(store, country(f"K{number}"), actor=people.ids["ann"])
        decisions.approve(store, number + 1, people.ids["cam"], OPERATOR)
    subjects = [each[2] for each in told(store, people) if each[1] == DECISIONS]
    assert subjects == [f"Your suggestion {number} for country is published" for number in range(1, 6)]


def test_a_name_of_a_register_that_changes_is_followed(store: Store, people: People) -> None:
    submitted(store, actor=people.ids["ann"])
    naming.rename(store, "country", "land", AUTHORITY)
    assert [each[0] for each in told(store, people)] == ["cam", "rae"]


# Crashes


SIDES = (moments.COMMIT, moments.COMMITTED)


def decide_tell_and_send(store: Store, number: int, actor: str, office: Office) -> None:
    decisions.approve(store, number, actor, OPERATOR)
    tell(store, BASE, True)
    send_some(store, office)


def listed(_wire: object, url: str, actor: str, office: Office) -> list[str]:
    """All of it, and the names of its moments."""
    seen: list[str] = []
    moments.watch(seen.append)
    decide_tell_and_send(Store(url, HASHINGS, FixedClock()), 1, actor, office)
    return seen


def killed(_wire: object, url: str, of: int, actor: str, office: Office, side: int) -> None:
    """The same with another suggestion, up to a side of a COMMIT, by its number, at which it dies."""
    die = moments.die_at(side)
    moments.watch(lambda name: die(name) if name in SIDES else None)
    decide_tell_and_send(Store(url, HASHINGS, FixedClock()), of, actor, office)


def test_killed_anywhere_between_the_decision_and_the_mail_the_mail_goes_once(
    store: Store, people: People, mailbox: Mailbox, clock: FixedClock
) -> None:
    """Tried at both sides of every COMMIT; twice only where the server has it and we have not committed that."""
    url = store.url.render_as_string(hide_password=False)
    suggest(store, people)
    names = Process(listed, url, people.ids["cam"], mailbox.office).end().value
    assert [each.mail["Subject"] for each in mailbox.taken] == ["Your suggestion 1 for country is published"]
    sides = len([name for name in names if name in SIDES])
    assert sides == 2 * 5  # the decision, the letter, the claim, the end of it, and nothing more to claim
    twice = []
    for number in range(1, sides + 1):
        suggestion = number + 1
        mailbox.taken.clear()
        clock.now = NOW
        submitted(store, country(f"K{suggestion}"), actor=people.ids["ann"])
        told(store, people)
        last = Process(killed, url, suggestion, people.ids["cam"], mailbox.office, number)
        assert last.exit_code() == KILLED
        try:
            decisions.approve(store, suggestion, people.ids["cam"], OPERATOR)
        except Conflict:
            pass  # it was durable
        clock.now = NOW + CLAIM
        tell(store, BASE, True)
        send_some(store, mailbox.office)
        assert {each.mail["Subject"] for each in mailbox.taken} == {
            f"Your suggestion {suggestion} for country is published"
        }
        assert len(set(mailbox.ids)) == 1
        twice += [number] if len(mailbox.taken) == 2 else []
        with store.reading() as tx:
            assert mail.standing(tx).waiting == 0
    assert twice == [sides - 3]  # before the COMMIT that ends it
