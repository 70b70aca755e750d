"""Proposals over HTTP: submitted with one key, decided with another, and appended only then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from people import api_keys, suggestions
from registers import lifecycle, naming
from registers.plan import digest_of
from registers.store.engine import Store
from review import proposals
from tests.api.writing import Writer, issue, writer
from tests.makers import AUTHORITY, append, country, head_of, make, revisions_of
from tests.review.makers import founding, planned

PROPOSALS = "/v2/proposals"
NDJSON = "application/x-ndjson"


@pytest.fixture
def author(store: Store) -> Writer:
    """Someone who may propose, on each engine."""
    return writer(store, "propose")


@pytest.fixture
def proposer(sqlite_store: Store) -> Writer:
    """The same on SQLite alone."""
    return writer(sqlite_store, "propose")


def another(of: Writer, *scopes: str, registers: tuple[str, ...] = ()) -> Writer:
    """Someone else, who may review unless they may do other things."""
    return replace(of, key=issue(of.store, *(scopes or ("review",)), registers=registers))


def plan_of(who: Writer) -> bytes:
    return planned(who.store, country("GB", "Britain"), country("IT", "Italy"))


def propose(who: Writer, plan: bytes | None = None, query: str = "") -> TestResponse:
    return who.send(PROPOSALS + query, data=plan_of(who) if plan is None else plan, content_type=NDJSON)


def actor(who: Writer) -> str:
    return api_keys.verify(who.store, who.key).actor


def detail(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["detail"]


def test_a_plan_is_proposed_shown_approved_and_in_the_register(author: Writer) -> None:
    plan = plan_of(author)
    made = propose(author, plan, "?note=As%20agreed")
    assert (made.status_code, made.headers["Location"], made.headers["Cache-Control"]) == (
        201,
        f"{PROPOSALS}/1",
        "no-store",
    )
    assert (made.json["state"], made.json["author"], made.json["note"]) == ("open", actor(author), "As agreed")
    assert (made.json["plan"], made.json["changes"]) == (f"sha-256:{digest_of(plan)}", 2)
    custodian = another(author)
    shown = custodian.send(f"{PROPOSALS}/1", method="GET").json
    assert (shown["policy"], shown["approvals-needed"], shown["stale"]) == ("one-custodian", 1, None)
    assert [event["kind"] for event in shown["events"]] == ["submitted", "checked"]
    approved = custodian.send(f"{PROPOSALS}/1/approve")
    assert (approved.status_code, approved.json["state"]) == (200, "published")
    assert (approved.json["first-entry"], approved.json["last-entry"]) == (8, 9)
    revision = revisions_of(author.store)[-1]
    assert (revision.number, revision.actor, revision.policy) == (
        approved.json["revision"],
        actor(custodian),
        "one-custodian",
    )
    assert revision.source == f"a test plan {digest_of(plan)} proposal 1"
    assert author.get("/v2/registers/country/records/IT").json["name"] == "Italy"
    assert author.get("/v2/registers/country/records?q=Italy").status_code == 200
    after = author.send(f"{PROPOSALS}/1", method="GET").json
    assert [event["kind"] for event in after["events"]] == ["submitted", "checked", "approved", "published"]


def test_a_plan_is_checked_before_it_is_proposed_and_when_it_is(author: Writer) -> None:
    plan = planned(author.store, country("UK", "United Kingdom"))
    looked = author.send(f"{PROPOSALS}/checks", data=plan, content_type=NDJSON)
    finding = {"check": "names", "severity": "note", "key": "UK", "field": "name"}
    finding["sentence"] = "its name is the same as that of the record 'GB'"
    assert (looked.status_code, looked.json["findings"], looked.json["limits"]) == (200, [finding], [])
    assert author.send(PROPOSALS, method="GET").json == {"proposals": []}
    propose(author, plan)
    shown = author.send(f"{PROPOSALS}/1", method="GET").json
    assert shown["checks"] == looked.json | {"checked": shown["submitted"]}


def test_a_plan_that_would_be_refused_is_told_all_its_faults(proposer: Writer) -> None:
    plan = planned(proposer.store, country("bad key", "A"), country("IT", "Italy", start_date="2017-13"))
    assert propose(proposer, plan).status_code == 400
    looked = proposer.send(f"{PROPOSALS}/checks", data=plan, content_type=NDJSON)
    assert [(each["key"], each["field"]) for each in looked.json["findings"]] == [("bad key", ""), ("IT", "start-date")]
    for body, status in ((b"no plan", 400), (plan.replace(b'"country"', b'"nowhere"', 1), 404)):
        assert proposer.send(f"{PROPOSALS}/checks", data=body, content_type=NDJSON).status_code in (status, 400)
    custodian = another(proposer)
    assert custodian.send(f"{PROPOSALS}/checks", data=plan, content_type=NDJSON).status_code == 403


def test_a_proposal_says_why(proposer: Writer) -> None:
    plan = plan_of(proposer)
    for purpose, status in (("because", 400), ("end", 400), ("correct", 201)):
        assert propose(proposer, plan, f"?purpose={purpose}").status_code == status
    assert proposer.send(f"{PROPOSALS}/1", method="GET").json["purpose"] == "correct"


def test_the_plan_is_given_back_byte_for_byte(author: Writer) -> None:
    plan = plan_of(author)
    propose(author, plan)
    answer = author.send(f"{PROPOSALS}/1/plan", method="GET")
    assert (answer.data, answer.content_type) == (plan, NDJSON)


def test_changes_are_shown_page_by_page(proposer: Writer) -> None:
    propose(proposer)
    whole = proposer.send(f"{PROPOSALS}/1/changes", method="GET")
    first, second = whole.json["changes"]
    fields = {
        "name": {"from": "United Kingdom", "to": "Britain"},
        "citizen-names": {"from": ["Briton", "British citizen"]},
    }
    assert first == {"key": "GB", "change": "changed", "name": "Britain", "fields": fields}
    assert (second["change"], second["fields"]["name"], "Link" in whole.headers) == ("added", {"to": "Italy"}, False)
    page = proposer.send(f"{PROPOSALS}/1/changes?limit=1", method="GET")
    assert page.headers["Link"] == '<?limit=1&after=1>; rel="next"'
    rest = proposer.send(f"{PROPOSALS}/1/changes?limit=1&after=1", method="GET")
    assert page.json["changes"] + rest.json["changes"] == whole.json["changes"]
    assert "Link" not in rest.headers


def test_a_plan_that_makes_a_register_shows_its_definition(author: Writer) -> None:
    assert propose(author, founding()).json["kind"] == "register"
    shown = author.send(f"{PROPOSALS}/1/changes", method="GET").json
    assert shown["definition"][-1]["key"] == "register:tree"
    assert another(author).send(f"{PROPOSALS}/1/approve").json["state"] == "published"
    assert author.get("/v2/registers/tree/records/oak").json["name"] == "Oak"


def test_proposals_are_listed_open_or_all_page_by_page(proposer: Writer) -> None:
    for key in ("A1", "B1", "C1"):
        propose(proposer, planned(proposer.store, country(key, "new")))
    another(proposer).send(f"{PROPOSALS}/2/reject", {"reason": "no"})

    def listed(query: str = "") -> tuple[list[int], str | None]:
        answer = proposer.send(f"{PROPOSALS}{query}", method="GET")
        return [each["number"] for each in answer.json["proposals"]], answer.headers.get("Link")

    assert listed() == ([1, 3], None)
    assert listed("?state=all") == ([1, 2, 3], None)
    assert listed("?state=all&limit=2") == ([1, 2], '<?state=all&limit=2&after=2>; rel="next"')
    assert listed("?state=all&limit=2&after=2") == ([3], None)


def test_an_own_proposal_is_not_decided(proposer: Writer) -> None:
    both = another(proposer, "propose", "review")
    propose(both)
    for act, body in (("approve", None), ("reject", {"reason": "no"})):
        status, said = detail(both.send(f"{PROPOSALS}/1/{act}", body))
        assert (status, "your own proposal" in said) == (403, True)
    assert head_of(proposer.store).entries == 7


def test_the_same_plan_twice_is_one_proposal(author: Writer) -> None:
    plan = plan_of(author)
    propose(author, plan)
    again = propose(another(author, "propose"), plan)
    assert (again.status_code, again.json["number"], len(again.json["confirmed-by"])) == (200, 1, 1)
    assert again.headers["Location"] == f"{PROPOSALS}/1"
    assert detail(propose(author, plan)) == (409, "you have submitted this plan already, as proposal 1")


def test_what_is_decided_stays_so(proposer: Writer) -> None:
    propose(proposer)
    custodian = another(proposer)
    custodian.send(f"{PROPOSALS}/1/approve")
    for who, act, body in (
        (custodian, "approve", None),
        (custodian, "reject", {"reason": "no"}),
        (proposer, "withdraw", None),
    ):
        assert detail(who.send(f"{PROPOSALS}/1/{act}", body)) == (
            409,
            "proposal 1 has been decided already: it is published",
        )


def test_a_stale_proposal_says_why_and_is_not_approved(author: Writer) -> None:
    propose(author)
    append(author.store, country("GB", "Great Britain"))
    assert "'GB' changed" in author.send(f"{PROPOSALS}/1", method="GET").json["stale"]
    answer = another(author).send(f"{PROPOSALS}/1/approve")
    assert (answer.status_code, "plan it again" in answer.json["detail"]) == (409, True)
    assert answer.json["type"].endswith("/problems/moved")
    assert author.send(f"{PROPOSALS}/1", method="GET").json["state"] == "open"
    assert author.send(f"{PROPOSALS}/1/withdraw").json["state"] == "withdrawn"


def test_comments_and_reasons_are_on_the_record(proposer: Writer) -> None:
    propose(proposer)
    custodian = another(proposer)
    said = custodian.send(f"{PROPOSALS}/1/comment", {"text": "Why?\nSay."})
    assert (said.status_code, said.headers["Location"]) == (201, f"{PROPOSALS}/1")
    rejected = custodian.send(f"{PROPOSALS}/1/reject", {"reason": "No answer"})
    assert (rejected.json["state"], rejected.json["reason"]) == ("rejected", "No answer")
    events = proposer.send(f"{PROPOSALS}/1", method="GET").json["events"]
    assert events[2]["detail"] == {"text": "Why?\nSay."}


def test_evidence_is_on_the_record_while_it_is_open(proposer: Writer) -> None:
    propose(proposer)
    custodian, path, url = another(proposer), f"{PROPOSALS}/1/evidence", "https://example.org/gazette"
    said = custodian.send(path, {"text": "Page 2", "url": url})
    assert (said.status_code, said.headers["Location"], said.json["state"]) == (201, f"{PROPOSALS}/1", "open")
    last = proposer.send(f"{PROPOSALS}/1", method="GET").json["events"][-1]
    assert (last["kind"], last["detail"]) == ("evidence-added", {"text": "Page 2", "url": url})
    for body in ({}, {"text": 5}, {"url": "ftp://example.org"}, {"text": "a\x1b"}, {"file": "x"}):
        assert custodian.send(path, body).status_code == 400
    assert custodian.send(path, {"text": "x" * 10**7}).status_code == 413
    custodian.send(f"{PROPOSALS}/1/reject", {"reason": "No"})
    assert custodian.send(path, {"text": "Page 3"}).status_code == 409


def test_a_later_plan_of_the_same_author_takes_the_place_of_the_earlier(author: Writer) -> None:
    propose(author)
    later = planned(author.store, country("GB", "Albion"), country("IT", "Italia"))
    assert propose(author, later).json["number"] == 2
    shown = author.send(f"{PROPOSALS}/1", method="GET").json
    assert (shown["state"], shown["superseded-by"]) == ("superseded", 2)
    assert another(author).send(f"{PROPOSALS}/1/approve").status_code == 409


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": 5}, {"reason": "\ud800"}, {"reason": "a\x1b"}, {"why": "no"}]
)
def test_a_rejection_takes_a_reason(proposer: Writer, body: dict[str, object]) -> None:
    propose(proposer)
    assert another(proposer).send(f"{PROPOSALS}/1/reject", body).status_code == 400
    assert proposer.send(f"{PROPOSALS}/1", method="GET").json["state"] == "open"


@pytest.mark.parametrize("number", ["7", "0", "-1", "x", "9" * 30])
def test_what_is_not_there_is_not_found(proposer: Writer, number: str) -> None:
    custodian = another(proposer, "propose", "review")
    for path in ("", "/plan", "/changes"):
        assert custodian.send(f"{PROPOSALS}/{number}{path}", method="GET").status_code == 404
    for path in ("/approve", "/withdraw"):
        assert custodian.send(f"{PROPOSALS}/{number}{path}").status_code == 404
    assert custodian.send(f"{PROPOSALS}/{number}/reject", {"reason": "no"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status", "sentence"),
    [
        (b"", NDJSON, 400, "line 1 is not one of a plan"),
        (b'{"plan":2}', NDJSON, 400, "not a plan of version 1"),
        (b"\xff\xfe", NDJSON, 400, "line 1 is not one of a plan"),
        (b"[" * 100_000, NDJSON, 400, "line 1 is not one of a plan"),
        (b"{}", "application/json", 415, "application/x-ndjson"),
        (founding().replace(b"oak", b"o k"), NDJSON, 400, "breaks the rule"),
    ],
)
def test_what_is_no_plan_is_refused(
    proposer: Writer, body: bytes, content_type: str, status: int, sentence: str
) -> None:
    answer = proposer.send(PROPOSALS, data=body, content_type=content_type)
    assert (answer.status_code, sentence in answer.json["detail"]) == (status, True), answer.text
    assert proposer.send(f"{PROPOSALS}?state=all", method="GET").json == {"proposals": []}


def test_a_plan_that_is_too_long_is_refused_unread(proposer: Writer) -> None:
    too_long = {"CONTENT_LENGTH": str(proposals.LIMIT + 1)}
    answer = proposer.send(PROPOSALS, data=b"{}", content_type=NDJSON, environ_overrides=too_long)
    assert answer.status_code == 413


def test_a_plan_for_what_is_not_there_or_not_any_more(proposer: Writer) -> None:
    content = plan_of(proposer)
    assert propose(proposer, content.replace(b'"register":"country"', b'"register":"nowhere"')).status_code == 404
    naming.rename(proposer.store, "country", "nation", AUTHORITY)
    assert detail(propose(proposer, content)) == (404, "the register country is now called nation")
    naming.retire(proposer.store, "nation", None)
    assert propose(proposer, planned_for_nation(content)).status_code == 410


def planned_for_nation(content: bytes) -> bytes:
    return content.replace(b'"register":"country"', b'"register":"nation"')


# Who may


def test_each_scope_is_good_for_its_part_alone(proposer: Writer) -> None:
    propose(proposer)
    custodian = another(proposer)
    assert propose(custodian).status_code == 403
    for act, body in (("approve", None), ("reject", {"reason": "no"})):
        assert proposer.send(f"{PROPOSALS}/1/{act}", body).status_code == 403
    assert custodian.send(f"{PROPOSALS}/1/withdraw").status_code == 403
    assert another(proposer, "propose").send(f"{PROPOSALS}/1/withdraw").status_code == 403
    direct = another(proposer, "direct", "webhooks", "api-keys")
    for path in (PROPOSALS, f"{PROPOSALS}/1", f"{PROPOSALS}/1/plan", f"{PROPOSALS}/1/changes"):
        status, said = detail(direct.send(path, method="GET"))
        assert (status, "lacks the scope propose or review" in said) == (403, True)
        assert custodian.send(path, method="GET").status_code == 200
        assert proposer.get(path).status_code == 401


def test_a_key_for_another_register_sees_and_decides_nothing_of_this_one(proposer: Writer) -> None:
    make(proposer.store, "tree", ("tree", "name"))
    lifecycle.publish(proposer.store, "tree")
    propose(proposer)
    stranger = another(proposer, "propose", "review", registers=("tree",))
    assert stranger.send(f"{PROPOSALS}?state=all", method="GET").json == {"proposals": []}
    for path in ("", "/plan", "/changes"):
        assert stranger.send(f"{PROPOSALS}/1{path}", method="GET").status_code == 403
    for act, body in (
        ("approve", None),
        ("reject", {"reason": "n"}),
        ("withdraw", None),
        ("comment", {"text": "n"}),
        ("evidence", {"text": "n"}),
    ):
        assert stranger.send(f"{PROPOSALS}/1/{act}", body).status_code == 403
    assert propose(stranger).status_code == 403
    limited = another(proposer, registers=("country",))
    assert [each["number"] for each in limited.send(PROPOSALS, method="GET").json["proposals"]] == [1]
    assert limited.send(f"{PROPOSALS}/1/approve").status_code == 200


def test_a_limited_key_still_sees_a_renamed_registers_proposals(proposer: Writer) -> None:
    propose(proposer)
    naming.rename(proposer.store, "country", "nation", AUTHORITY)
    limited = another(proposer, registers=("nation",))
    assert [each["number"] for each in limited.send(PROPOSALS, method="GET").json["proposals"]] == [1]
    assert "now called nation" in limited.send(f"{PROPOSALS}/1", method="GET").json["stale"]


# If-Match


def conditional(who: Writer, condition: str) -> Writer:
    return replace(who, headers={"If-Match": condition})


def test_what_is_done_with_an_if_match_is_done_to_what_was_seen(author: Writer) -> None:
    made = propose(author)
    custodian = another(author)
    shown = custodian.send(f"{PROPOSALS}/1", method="GET")
    seen = shown.headers["ETag"]
    assert made.headers["ETag"] == seen == f'"{shown.json["events"][-1]["number"]}"'
    said = author.send(f"{PROPOSALS}/1/comment", {"text": "Wait"})
    now = said.headers["ETag"]
    assert now != seen
    acts: list[tuple[Writer, str, object]] = [
        (custodian, "approve", None),
        (custodian, "reject", {"reason": "no"}),
        (author, "withdraw", None),
        (author, "comment", {"text": "Well"}),
        (author, "evidence", {"text": "Well"}),
    ]
    for who, act, body in acts:
        refused = conditional(who, seen).send(f"{PROPOSALS}/1/{act}", body)
        assert (refused.status_code, refused.json["type"]) == (412, "/problems/precondition-failed")
    assert custodian.send(f"{PROPOSALS}/1", method="GET").headers["ETag"] == now
    done = conditional(custodian, f'W/"1", {seen}, {now}').send(f"{PROPOSALS}/1/approve")
    assert (done.status_code, done.json["state"]) == (200, "published")
    after = custodian.send(f"{PROPOSALS}/1", method="GET")
    assert done.headers["ETag"] == after.headers["ETag"] == f'"{after.json["events"][-1]["number"]}"'
    assert conditional(custodian, seen).send(f"{PROPOSALS}/1/approve").status_code == 412
    assert custodian.send(f"{PROPOSALS}/1/approve").status_code == 409


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("*", 201),
        (' "2" ', 201),
        ('"2-gzip"', 201),
        ('"x","2"', 201),
        ('"1"', 412),
        ('W/"2"', 412),
        ('"02"', 412),
        ('"2.0"', 412),
        ('""', 412),
        ('"' + "9" * 300 + '"', 412),
        ("2", 400),
        ('"2', 400),
        ('"2" "3"', 400),
        ('"2",', 400),
        ("", 400),
        ('*, "2"', 400),
    ],
)
def test_an_if_match_is_a_list_of_etags(proposer: Writer, condition: str, status: int) -> None:
    propose(proposer)
    said = conditional(proposer, condition).send(f"{PROPOSALS}/1/comment", {"text": "Well"})
    assert said.status_code == status


# Re-basing

REPUBLIC = "The French Republic"


def test_a_stale_proposal_is_re_based_by_its_author_or_a_custodian(author: Writer) -> None:
    propose(author, planned(author.store, country("FR", "Gaul")))
    assert "not stale" in detail(author.send(f"{PROPOSALS}/1/rebase"))[1]
    append(author.store, country("FR", REPUBLIC, start_date="1958"))
    assert "is stale" in detail(another(author).send(f"{PROPOSALS}/1/approve"))[1]
    stranger = another(author, "propose")
    assert stranger.send(f"{PROPOSALS}/1/rebase").status_code == 403
    assert author.send(f"{PROPOSALS}/1/rebase", {"text": "no body"}).status_code == 400
    before = author.send(f"{PROPOSALS}/1", method="GET")
    made = conditional(another(author), before.headers["ETag"]).send(f"{PROPOSALS}/1/rebase")
    assert (made.status_code, made.json["state"], made.json["plan"] != before.json["plan"]) == (200, "open", True)
    assert conditional(author, before.headers["ETag"]).send(f"{PROPOSALS}/1/rebase").status_code == 412
    shown = author.send(f"{PROPOSALS}/1", method="GET").json
    assert (shown["stale"], [event["kind"] for event in shown["events"]][-2:]) == (None, ["changed", "checked"])
    append(author.store, country("FR", "Francia"))
    assert author.send(f"{PROPOSALS}/1/rebase").status_code == 409
    assert author.send(f"{PROPOSALS}/9/rebase").status_code == 404


def test_a_stale_proposal_can_be_re_based_again_and_again(author: Writer) -> None:
    propose(author, planned(author.store, country("FR", "Gaul")))
    for year in ("1958", "1959"):
        append(author.store, country("FR", REPUBLIC, start_date=year))
        assert author.send(f"{PROPOSALS}/1/rebase").status_code == 200
    assert another(author).send(f"{PROPOSALS}/1/approve").json["state"] == "published"
    item = author.get("/v2/registers/country/records/FR").json
    assert (item["name"], item["start-date"]) == ("Gaul", "1959")


def test_a_key_that_proposes_too_often_is_told_when_it_may_again(
    proposer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "OF_KEY", 1)
    content = plan_of(proposer)
    assert proposer.send(PROPOSALS, data=content, content_type=NDJSON).status_code == 201
    refused = another(proposer, "propose").send(PROPOSALS, data=content, content_type=NDJSON)
    assert refused.status_code == 200  # each key by itself
    again = proposer.send(PROPOSALS, data=content, content_type=NDJSON)
    assert (again.status_code, again.headers["Retry-After"]) == (429, "3600")
    assert "this API key has made 1 proposals in an hour" in again.json["detail"]
