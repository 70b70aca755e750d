"""Verbs about proposals: propose, review. Who acts is the account that runs them, so tests change accounts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from registers.batch import NEW, Change
from registers.plan import Header, lines
from tests.cli.conftest import Run

ORIGIN = "localhost/tree"


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function after which another account acts."""

    def act_as(name: str) -> None:
        monkeypatch.setattr("getpass.getuser", lambda: name)

    act_as("ann")
    return act_as


@pytest.fixture
def plan(tree: Run, tmp_path: Path, acting: Any) -> Path:
    """A file with a plan of two new trees, one with a name that would move a terminal's cursor."""
    tree("append", "tree", "--item", '{"tree":"QUR","name":"Oak"}')
    tree("publish", "tree")
    origin = made_origin(tree)
    changes = [
        Change(key, {"tree": key, "name": name}, replaces=NEW) for key, name in (("ASH", "Ash"), ("ELM", "E\x1b[1m"))
    ]
    path = tmp_path / "trees.plan"
    path.write_text("".join(lines(Header("tree", origin, 1, "", "a survey"), changes)))
    return path


def made_origin(tree: Run) -> str:
    first = tree("dump", "tree", "--format", "ndjson", "--what", "entries").stdout.splitlines()[0]
    origin: str = json.loads(first)["origin"]
    return origin


def told(run: Run, *arguments: str, input: bytes | None = None) -> str:
    done = run(*arguments, input=input)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def value(run: Run, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(run, "--json", *arguments))
    return found


def test_a_plan_is_proposed_shown_and_approved_by_another(tree: Run, plan: Path, acting: Any) -> None:
    assert (
        told(tree, "propose", str(plan), "--note", "From the survey") == "This is proposal 1, of 2 changes to tree.\n"
    )
    acting("bob")
    assert "     1  open       tree                                     2" in told(tree, "review", "list")
    shown = told(tree, "review", "show", "1", "--changes")
    for line in ("state:                open", "note:                 From the survey", "approvals-needed:     1"):
        assert line in shown.splitlines()
    assert "added ASH ('Ash')\n  name: (none) → \"Ash\"\n" in shown
    assert "\x1b" not in shown and "\\u001b[1m" in shown
    done = told(tree, "review", "approve", "1")
    assert done == "Proposal 1 is published: revision 3 of tree, entries 2 to 3.\n"
    assert "Ash" in told(tree, "show", "tree", "ASH")
    assert told(tree, "review", "list").startswith("No proposal waits")
    assert "published" in told(tree, "review", "list", "--all")
    assert tree("check").exit_code == 0


def test_a_plan_is_checked_before_and_when_it_is_submitted(tree: Run, plan: Path, acting: Any) -> None:
    plan.write_text(plan.read_text().replace('"Ash"', '"OAK"'))
    finding = "  note 'ASH': its name is the same as that of the record 'QUR'"
    said = told(tree, "propose", str(plan), "--check").splitlines()
    assert said == ["checks: 2 looked at: 0 faults, 1 note", finding]
    assert told(tree, "review", "list").startswith("No proposal waits")
    assert value(tree, "propose", str(plan), "--check")["findings"][0]["key"] == "ASH"
    assert tree("propose", str(plan), "--purpose", "because").exit_code == 2
    assert "by what it does, and not end" in tree("propose", str(plan), "--purpose", "end").stderr
    told(tree, "propose", str(plan), "--purpose", "correct")
    shown = told(tree, "review", "show", "1").splitlines()
    assert shown[shown.index("checks: 2 looked at: 0 faults, 1 note") + 1] == finding
    assert any("checked" in line and line.endswith("2 looked at: 0 faults, 1 note") for line in shown)
    assert "purpose:              correct" in shown
    assert value(tree, "review", "show", "1")["checks"]["notes"] == 1


def test_everything_is_said_in_json_too(tree: Run, plan: Path, acting: Any) -> None:
    made = value(tree, "propose", str(plan))
    assert (made["number"], made["state"], made["confirmed"]) == (1, "open", False)
    acting("bob")
    assert value(tree, "review", "list")["proposals"] == [{k: v for k, v in made.items() if k != "confirmed"}]
    shown = value(tree, "review", "show", "1", "--changes")
    assert [each["key"] for each in shown["changed"]] == ["ASH", "ELM"]
    assert (shown["stale"], shown["events"][0]["kind"]) == (None, "submitted")
    assert value(tree, "review", "comment", "1", "Good")["state"] == "open"
    approved = value(tree, "review", "approve", "1")
    assert (approved["state"], approved["first-entry"], approved["last-entry"]) == ("published", 2, 3)


def test_a_plan_from_stdin_twice_is_one_proposal(tree: Run, plan: Path, acting: Any) -> None:
    content = plan.read_bytes()
    told(tree, "propose", "-", input=content)
    refused = tree("propose", "-", input=content)
    assert (refused.exit_code, "you have submitted this plan already" in refused.stderr) == (1, True)
    acting("bob")
    assert "which you have confirmed" in told(tree, "propose", "-", input=content)


def test_a_proposal_is_rejected_withdrawn_and_spoken_of(tree: Run, plan: Path, acting: Any) -> None:
    told(tree, "propose", str(plan))
    acting("bob")
    assert told(tree, "review", "comment", "1", "Which survey?") == "Your comment on proposal 1 is kept.\n"
    evidence = told(tree, "review", "evidence", "1", "Page 2", "--url", "https://example.org/survey")
    assert evidence == "Your evidence for proposal 1 is kept.\n"
    assert told(tree, "review", "reject", "1", "--reason", "Not yet") == "Proposal 1 is rejected.\n"
    shown = told(tree, "review", "show", "1")
    assert "Page 2 https://example.org/survey" in shown
    assert "Which survey?" in shown and "reason:               Not yet" in shown
    told(tree, "propose", str(plan))
    assert told(tree, "review", "withdraw", "2") == "Proposal 2 is withdrawn.\n"


def test_a_custodian_decides_alone_when_that_is_set(tree: Run, plan: Path) -> None:
    assert told(tree, "review", "policy", "tree") == "tree has the policy one-custodian; 0 may decide on it.\n"
    assert value(tree, "review", "policy", "tree", "--direct")["policy"] == "direct"
    told(tree, "propose", str(plan))
    assert "is published" in told(tree, "review", "approve", "1")
    assert value(tree, "check", "tree")["registers"][0]["deciding"].startswith("what its custodian suggests")
    assert value(tree, "review", "policy", "tree", "--others")["policy"] == "one-custodian"


REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    (("review", "approve", "1"), 1, "this is your own proposal"),
    (("review", "reject", "1", "--reason", "no"), 1, "you may withdraw it"),
    (("review", "reject", "1", "--reason", " "), 1, "reason: is needed"),
    (("review", "reject", "1"), 2, "--reason"),
    (("review", "comment", "1", ""), 1, "text: is needed"),
    (("review", "evidence", "1"), 1, "text: is needed"),
    (("review", "evidence", "1", "--url", "gazette"), 1, "url: 'gazette' is no address"),
    (("review", "policy", "nowhere"), 1, "there is no register"),
    (("review", "policy", "tree", "--others"), 1, "by another than the author already"),
    (("review", "show", "7"), 1, "there is no proposal 7"),
    (("review", "show", "x"), 2, "x"),
    (("review", "show", "0"), 2, "0"),
    (("propose", "no-such-file"), 2, "no-such-file"),
    (("propose", "pyproject.toml"), 1, "line 1 is not one of a plan"),
]


def test_what_cannot_be_done_is_said(tree: Run, plan: Path) -> None:
    told(tree, "propose", str(plan))
    for arguments, code, sentence in REFUSED:
        refused = tree(*arguments)
        assert (refused.exit_code, sentence in refused.stderr) == (code, True), refused.stderr
    assert value(tree, "review", "show", "1")["state"] == "open"


def test_a_stale_proposal_is_shown_as_such(tree: Run, plan: Path, acting: Any) -> None:
    told(tree, "propose", str(plan))
    told(tree, "append", "tree", "--item", '{"tree":"ASH","name":"European ash"}')
    acting("bob")
    assert "stale:                the register has moved on: 'ASH' changed" in told(tree, "review", "show", "1")
    refused = tree("review", "approve", "1")
    assert (refused.exit_code, "plan it again, and submit that" in refused.stderr) == (1, True)


def test_a_stale_proposal_is_re_based(tree: Run, plan: Path, acting: Any) -> None:
    told(tree, "propose", str(plan))
    assert "is not stale" in tree("review", "rebase", "1").stderr
    told(tree, "append", "tree", "--item", '{"tree":"ELM","name":"E\\u001b[1m"}')
    assert "ELM" in value(tree, "review", "show", "1")["stale"]
    acting("bob")
    assert told(tree, "review", "rebase", "1") == "Proposal 1 is re-based, on entry 2 of tree.\n"
    shown = value(tree, "review", "show", "1")
    assert (shown["stale"], shown["changes"], shown["made-against"]) == (None, 1, 2)
    assert told(tree, "review", "approve", "1").startswith("Proposal 1 is published")
