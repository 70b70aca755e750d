"""Deciding on pages: approved, rejected, taken back, commented; and each way in which that is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from api.pages.proposals import proposal_access
from people import access, passwords, roles
from people.roles import Wanted
from registers import lifecycle, redaction, snapshot
from registers.store.engine import Store
from review import decisions, proposals
from review.events import Proposal
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import found, id_of, kinds, somebody
from tests.api.pages.visitors import Visitor
from tests.makers import AUTHORITY, OPERATOR, append, country, head_of
from tests.review.makers import BOB, submitted

HERE = "/proposals/1"
ACTS = {
    "approve": {},
    "reject": {"reason": "No"},
    "withdraw": {},
    "rebase": {},
    "comment": {"text": "Well"},
    "evidence": {"url": "https://example.org/"},
}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def decide(visitor: Visitor, act: str, fields: dict[str, str] | None = None, token: str = "") -> TestResponse:
    """Send the form of an act, as the page has it but for these fields."""
    given = {"form-token": token or visitor.token("/account"), **(ACTS[act] if fields is None else fields)}
    if act == "approve" and fields is None:
        shown = Page(visitor.get(f"{HERE}/approve").text).all("input")
        given |= {each["name"]: each["value"] for each in shown if each.get("name") == "plan"}
    return visitor.post(f"{HERE}/{act}", given)


def text_of(answer: TestResponse) -> str:
    return Page(answer.text).text


def actions_of(visitor: Visitor) -> list[str]:
    """Where the forms of the proposal's page are sent."""
    return [each["action"] for each in Page(visitor.get(HERE).text).all("form")]


def name_of(store: Store, key: str = "GB") -> str:
    with store.reading() as tx:
        return snapshot.take(tx, snapshot.find_register(tx, "country")).record(key).body


def refused(store: Store, answer: TestResponse, status: int, words: str, number: int = 1) -> None:
    """It is said on the page, and nothing was done."""
    assert (answer.status_code, words in text_of(answer)) == (status, True), text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert found(store, number).approved_by == () and found(store, number).state == "open"
    assert "United Kingdom" in name_of(store)


def test_a_custodian_approves_and_the_record_is_changed_at_once(store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    assert f"{HERE}/approve" in Page(cam.get(HERE).text).links
    asked = text_of(cam.get(f"{HERE}/approve"))
    assert "published at once: 2 records of Country" in asked
    done = decide(cam, "approve")
    assert (done.status_code, done.headers["Location"]) == (303, f"{HERE}?done=published")
    assert "it has been published" in text_of(cam.get(f"{HERE}?done=published"))
    assert "Britain" in text_of(cam.get("/registers/country/records/GB"))
    assert found(store).ending.actor == id_of(store, "cam")  # type: ignore[union-attr]
    logged = [each.action for each in access.page(store, of=id_of(store, "cam"), limit=3)]
    assert "approve" in logged


def test_a_critical_register_takes_two_and_the_first_publishes_nothing(sqlite_store: Store, sqlite_app: Flask) -> None:
    lifecycle.describe(sqlite_store, "country", {"tier": "critical"}, AUTHORITY)
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    dee = somebody(sqlite_store, sqlite_app, "dee", "custodian")
    submitted(sqlite_store)
    assert "approval 1 of 2. Nothing is published" in text_of(cam.get(f"{HERE}/approve"))
    assert decide(cam, "approve").headers["Location"].endswith("done=approved")
    assert "You have approved this. It takes others" in text_of(cam.get(HERE))
    again = decide(cam, "approve", {"plan": found(sqlite_store).subject.plan})
    assert (again.status_code, "You have approved this already" in text_of(again)) == (409, True)
    assert found(sqlite_store).state == "open"
    assert decide(dee, "approve").headers["Location"].endswith("done=published")


def test_who_approved_says_so_again_once_that_is_enough(sqlite_store: Store, sqlite_app: Flask) -> None:
    lifecycle.describe(sqlite_store, "country", {"tier": "critical"}, AUTHORITY)
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store)
    decide(cam, "approve")
    lifecycle.describe(sqlite_store, "country", {"tier": "ordinary"}, AUTHORITY)
    page = Page(cam.get(HERE).text)
    assert "You have approved this. It takes others" not in page.text and f"{HERE}/approve" in page.links
    assert "This is published at once" in text_of(cam.get(f"{HERE}/approve"))
    assert decide(cam, "approve").headers["Location"].endswith("done=published")
    assert found(sqlite_store).approved_by == (id_of(sqlite_store, "cam"),)


def test_a_rejection_takes_a_reason(store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    refused(store, decide(cam, "reject", {"reason": " "}), 400, "Give a reason")
    refused(store, decide(cam, "reject", {"reason": "a\0b"}), 400, "cannot be seen")
    refused(store, decide(cam, "reject", {"reason": "x" * 10_001}), 400, "at most 10,000 characters")
    assert decide(cam, "reject", {"reason": SCRIPT}).headers["Location"] == f"{HERE}?done=rejected"
    shown = cam.get(HERE)
    assert SCRIPT in text_of(shown) and SCRIPT not in shown.text
    assert "Decide" not in text_of(shown) and found(store).state == "rejected"


def test_its_author_withdraws_it_and_nobody_else(store: Store, app: Flask) -> None:
    ann, cam = somebody(store, app, "ann"), somebody(store, app, "cam", "custodian")
    submitted(store, actor=id_of(store, "ann"))
    refused(store, decide(cam, "withdraw"), 403, "is not yours")
    assert "Withdraw" in text_of(ann.get(HERE)) and "Reason to reject" not in text_of(ann.get(HERE))
    assert decide(ann, "withdraw").headers["Location"] == f"{HERE}?done=withdrawn"
    assert found(store).state == "withdrawn"


def test_who_reads_it_comments(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    submitted(store, actor=id_of(store, "ann"))
    refused(store, decide(ann, "comment", {"text": ""}), 400, "Write the comment")
    assert decide(ann, "comment", {"text": f"Because\r\n{SCRIPT}"}).headers["Location"] == f"{HERE}?done=commented"
    shown = ann.get(HERE)
    assert SCRIPT in text_of(shown) and SCRIPT not in shown.text and "You commented" in text_of(shown)


def test_who_reads_it_adds_evidence_while_it_is_open(store: Store, app: Flask) -> None:
    ann, eve = somebody(store, app, "ann"), somebody(store, app, "eve")
    submitted(store, actor=id_of(store, "ann"))
    refused(store, decide(ann, "evidence", {}), 400, "Say what shows it, or give an address")
    refused(store, decide(ann, "evidence", {"url": "javascript:alert(1)"}), 400, "Address: 'javascript:alert(1)' is no")
    refused(store, decide(ann, "evidence", {"evidence": "a\0b"}), 400, "cannot be seen")
    refused(store, decide(ann, "evidence", {"evidence": "x" * 10_001}), 400, "at most 10,000 characters")
    assert decide(eve, "evidence").status_code == 403
    assert decide(ann, "evidence", {"evidence": "x" * 10**7}).status_code == 413
    done = decide(ann, "evidence", {"url": "https://example.org/?a=1&b=\"'", "evidence": SCRIPT})
    assert done.headers["Location"] == f"{HERE}?done=evidence"
    shown = ann.get(f"{HERE}?done=evidence")
    assert "Your evidence is here" in text_of(shown) and "You added evidence" in text_of(shown)
    assert SCRIPT in text_of(shown) and SCRIPT not in shown.text
    assert "https://example.org/?a=1&b=\"'" in Page(shown.text).links
    decisions.reject(store, 1, BOB, "No")
    late = decide(ann, "evidence")
    assert (late.status_code, "you may comment on it" in text_of(late)) == (409, True)
    assert "Add evidence" not in text_of(late)


def test_one_that_gave_way_to_another_says_to_which(store: Store, app: Flask) -> None:
    ann = somebody(store, app, "ann")
    submitted(store, country("GB", "Britain"), actor=id_of(store, "ann"))
    submitted(store, country("GB", "Albion"), actor=id_of(store, "ann"))
    shown = ann.get(HERE)
    assert "State Superseded" in text_of(shown) and "proposal 2 took its place" in text_of(shown)
    assert "/proposals/2" in Page(shown.text).links


def test_nobody_decides_on_their_own_custodian_or_not(store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store, actor=id_of(store, "cam"))
    assert cam.get(f"{HERE}/approve").headers["Location"] == HERE
    plan = {"plan": found(store).subject.plan}
    refused(store, decide(cam, "approve", plan), 403, "This is your own proposal")
    refused(store, decide(cam, "reject"), 403, "This is your own proposal")


@pytest.mark.parametrize("role", ["", "contributor", "reviewer"])
@pytest.mark.parametrize("act", ["approve", "reject"])
def test_it_takes_a_custodian_of_its_own_register(sqlite_store: Store, sqlite_app: Flask, role: str, act: str) -> None:
    eve = somebody(sqlite_store, sqlite_app, "eve", role)
    submitted(sqlite_store)
    plan = {"plan": found(sqlite_store).subject.plan, "reason": "No"}
    refused(sqlite_store, decide(eve, act, plan), 403, "takes the role custodian")
    logged = access.page(sqlite_store, limit=1)[0]
    assert (logged.action, logged.register, logged.allowed) == (act, "country", False)


@pytest.mark.parametrize("act", ACTS)
def test_a_form_without_its_token_or_from_elsewhere_does_nothing(
    sqlite_store: Store, sqlite_app: Flask, act: str
) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store)
    before = kinds(sqlite_store)
    fields = {**ACTS[act], "plan": found(sqlite_store).subject.plan}
    good = {**fields, "form-token": cam.token("/account")}
    answers = [
        cam.post(f"{HERE}/{act}", fields),
        cam.post(f"{HERE}/{act}", {**fields, "form-token": "x"}),
        cam.post(f"{HERE}/{act}", good, Sec_Fetch_Site="cross-site"),
        Visitor(sqlite_app).post(f"{HERE}/{act}", good),
    ]
    assert [each.status_code for each in answers] == [403] * 4
    assert kinds(sqlite_store) == before


def test_a_role_that_is_taken_meanwhile_decides_nothing(store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    token, plan = cam.token(HERE), found(store).subject.plan
    roles.revoke(store, Wanted(id_of(store, "cam"), "custodian", "country"), "tester")
    refused(store, decide(cam, "approve", {"plan": plan}, token), 403, "Nobody is signed in here any more")
    assert cam.sign_in("cam@example.org").status_code == 303
    refused(store, decide(cam, "approve", {"plan": plan}), 403, "takes the role custodian")


@pytest.mark.parametrize("form", [{}, {"reason": "No"}])
def test_a_role_that_is_taken_between_looking_and_deciding_counts(
    store: Store, app: Flask, monkeypatch: pytest.MonkeyPatch, form: dict[str, str]
) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    look = proposal_access.find_to_decide

    def overtaken(number: str, action: str) -> Proposal:
        looked_at = look(number, action)
        roles.revoke(store, Wanted(id_of(store, "cam"), "custodian", "country"), "tester")
        return looked_at

    token, plan = cam.token(HERE), found(store).subject.plan
    monkeypatch.setattr(proposal_access, "find_to_decide", overtaken)
    answer = decide(cam, "reject" if form else "approve", {"plan": plan, **form}, token)
    assert answer.status_code == 403
    assert found(store).state == "open"


def test_a_stale_one_is_not_approved(store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    form = {"plan": found(store).subject.plan}
    append(store, country("GB", "The United Kingdom"))
    answer = decide(cam, "approve", form)
    refused(store, answer, 409, "is stale: the register has moved on: 'GB' changed")
    assert f"{HERE}/approve" not in Page(answer.text).links


def test_its_author_or_a_custodian_brings_a_stale_one_up_to_date(store: Store, app: Flask) -> None:
    """What it asks for is done to the record as it is by then, and the custodian approves that."""
    ann, cam = somebody(store, app, "ann"), somebody(store, app, "cam", "custodian")
    submitted(store, actor=id_of(store, "ann"))
    assert f"{HERE}/rebase" not in actions_of(ann)
    early = decide(ann, "rebase")
    assert (early.status_code, "is not stale, so there is nothing to re-base" in text_of(early)) == (409, True)
    append(store, country("GB", "United Kingdom", start_date="1707"))
    assert f"{HERE}/rebase" in actions_of(ann) and "brought up to date" in text_of(cam.get(HERE))
    assert decide(ann, "rebase").headers["Location"] == f"{HERE}?done=changed"
    shown = text_of(ann.get(f"{HERE}?done=changed"))
    assert "You brought this up to date" in shown and "You made it anew, against the register" in shown
    append(store, country("GB", "United Kingdom", start_date="1801"))
    assert decide(cam, "rebase").status_code == 303
    assert decide(cam, "approve").headers["Location"].endswith("done=published")
    assert '"name":"Britain","start-date":"1801"' in name_of(store)


def test_where_both_changed_the_same_it_is_said_in_which_field(store: Store, app: Flask) -> None:
    cam, eve = somebody(store, app, "cam", "custodian"), somebody(store, app, "eve", "reviewer")
    submitted(store)
    append(store, country("GB", "United Kingdom of all"))
    before = kinds(store)
    assert f"{HERE}/rebase" not in actions_of(eve)
    refused(store, decide(cam, "rebase"), 409, "in the same fields meanwhile: name of 'GB'; plan it by hand")
    refused(store, decide(eve, "rebase"), 403, "takes the role custodian")
    assert kinds(store) == before


def test_two_at_once_make_one_entry(store: Store, app: Flask) -> None:
    """Both have the page open; the second is told."""
    cam, dee = (somebody(store, app, name, "custodian") for name in ("cam", "dee"))
    submitted(store)
    form, tokens = {"plan": found(store).subject.plan}, [each.token(HERE) for each in (cam, dee)]
    assert decide(cam, "approve", form, tokens[0]).status_code == 303
    size = head_of(store).entries
    for answer in (decide(dee, "approve", form, tokens[1]), decide(cam, "approve", form, tokens[0])):
        assert (answer.status_code, "has been decided already: it is published" in text_of(answer)) == (409, True)
    assert (head_of(store).entries, kinds(store)[-2:]) == (size, ["approved", "published"])
    late = decide(dee, "reject", token=tokens[1])
    assert (late.status_code, 'href="#proposal"' in late.text) == (409, True)


def test_two_at_the_same_moment_make_one_entry(store: Store, app: Flask) -> None:
    """Two sessions, in two threads; whoever comes second is told, and nobody else."""
    people = [somebody(store, app, name, "custodian") for name in ("cam", "dee")]
    submitted(store)
    form, tokens = {"plan": found(store).subject.plan}, [each.token(HERE) for each in people]
    size, at_once = head_of(store).entries, Barrier(2)

    def approve(who: Visitor, token: str) -> int:
        at_once.wait()
        return decide(who, "approve", form, token).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, people, tokens)) == [303, 409]
    assert (head_of(store).entries, kinds(store)[-2:]) == (size + 2, ["approved", "published"])


def test_what_was_not_shown_is_not_approved(sqlite_store: Store, sqlite_app: Flask) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store)
    for plan in ("", "0" * 64):
        refused(sqlite_store, decide(cam, "approve", {"plan": plan}), 409, "has changed since it was shown")


def test_a_decided_one_is_not_asked_about(sqlite_store: Store, sqlite_app: Flask) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store)
    decisions.approve(sqlite_store, 1, BOB, OPERATOR)
    assert cam.get(f"{HERE}/approve").headers["Location"] == HERE
    assert cam.get("/proposals/9/approve").status_code == 404
    assert decide(cam, "comment").status_code == 303


@pytest.mark.parametrize("act", ["reject", "comment"])
def test_what_is_too_long_to_be_read_is_refused_unread(sqlite_store: Store, sqlite_app: Flask, act: str) -> None:
    cam = somebody(sqlite_store, sqlite_app, "cam", "custodian")
    submitted(sqlite_store)
    before = kinds(sqlite_store)
    answer = decide(cam, act, {"reason": "x" * 10**7, "text": "x" * 10**7})
    assert (answer.status_code, kinds(sqlite_store)) == (413, before)


def test_values_are_taken_away_for_good_and_the_record_can_be_changed_after(store: Store, app: Flask) -> None:
    cam, ann = somebody(store, app, "cam", "custodian"), somebody(store, app, "ann")
    content = redaction.plan(store, "country", redaction.Wanted("GB", ("name",)), "named somebody")
    proposals.submit(store, content, BOB)
    assert "taken away for good" in text_of(cam.get(f"{HERE}/approve"))
    page = text_of(cam.get(HERE))
    assert "named somebody" in page and "United Kingdom" not in page
    assert decide(cam, "approve").headers["Location"].endswith("done=published")
    assert "United Kingdom" not in text_of(ann.get("/registers/country/records/GB"))
    path = "/registers/country/records/GB/suggest"
    shown = ann.get(path)
    assert "REDACTED" not in shown.text and "United Kingdom" not in shown.text
    base = next(each["value"] for each in Page(shown.text).all("input") if each.get("name") == "base")
    form = {"base": base, "kind": "change", "reason": "so", "field-name": "Britain", "form-token": ann.token(path)}
    sent = ann.post(path, form | {"action": "send"})
    assert sent.headers["Location"] == "/proposals/2?done=suggested"
    shown = ann.get("/proposals/2")
    assert "Name Taken away Britain" in text_of(shown) and "REDACTED" not in shown.text


def test_under_direct_the_only_custodian_publishes_what_is_their_own_and_pages_say_so(store: Store, app: Flask) -> None:
    cam, ada = somebody(store, app, "cam", "custodian"), somebody(store, app, "ada", "administrator")
    roles.revoke(store, Wanted(id_of(store, "ada"), "administrator", "country"), "tester")
    submitted(store, actor=id_of(store, "cam"))
    assert "One person alone may decide on it, so nothing of their own can be approved" in text_of(cam.get(HERE))
    roles.grant(store, Wanted(id_of(store, "ada"), "administrator", "country"), "tester")
    assert ada.sign_in("ada@example.org").status_code == 303
    before = cam.get("/registers/country")
    assert "By the custodian alone" not in text_of(before)
    form = {"policy": "direct"}
    assert cam.send("/account", form, "/registers/country/policy").status_code == 403
    assert ada.send("/account", form, "/registers/country/policy").status_code == 303
    twice = ada.send("/account", form, "/registers/country/policy")
    assert (twice.status_code, "is decided on directly already" in text_of(twice)) == (400, True)
    shown = text_of(ada.get("/registers/country/people"))
    assert "published without a second person (direct), though 2 people" in shown and "Ask for a second" in shown
    after = cam.get("/registers/country", If_None_Match=before.headers["ETag"])
    assert (after.status_code, "By the custodian alone" in text_of(after)) == (200, True)
    assert "Each revision that is made so names the policy direct" in text_of(cam.get("/registers/country/trust"))
    assert "Reason to reject" not in text_of(cam.get(HERE)) and "Withdraw" in text_of(cam.get(HERE))
    assert "no second person looks at it" in text_of(cam.get(f"{HERE}/approve"))
    assert decide(cam, "approve").headers["Location"].endswith("done=published")
    assert ada.send("/account", {"policy": "others"}, "/registers/country/policy").status_code == 303
    assert "By the custodian alone" not in text_of(cam.get("/registers/country"))


def test_an_approval_that_is_sent_again_appends_nothing(store: Store, app: Flask) -> None:
    """The same form, from the same session: its token and its plan are those that were taken the first time."""
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    form = {"form-token": cam.token("/account"), "plan": found(store).subject.plan}
    answers = [cam.post(f"{HERE}/approve", form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 409, 409]
    assert "has been decided already: it is published" in text_of(answers[1])
    assert kinds(store) == ["submitted", "checked", "approved", "published"]
    assert head_of(store).entries == 9


def test_a_proposal_for_a_record_that_ended_meanwhile_is_not_approved(store: Store, app: Flask) -> None:
    cam = somebody(store, app, "cam", "custodian")
    submitted(store)
    plan = found(store).subject.plan
    append(store, country("GB", "United Kingdom", end_date="2023-01-01"))
    refused(store, decide(cam, "approve", {"plan": plan}), 409, "Proposal 1 is stale")
    assert '"end-date":"2023-01-01"' in name_of(store)
