"""`registers review`: the proposals, and what is decided on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from cli import reports
from cli.verbs import Terminal, verb, warn
from geo.areas.following import Areas, folder_beside
from loaders.saying import last_load
from registers import snapshot
from registers.entry import shortened, timestamp_text
from registers.plan import Difference
from registers.store.engine import Store
from review import alone, decisions, evidence, policies, proposals, standing
from review.decisions import Actor
from review.events import CHECKED, PUBLISHED, SUPERSEDED, Event, Proposal
from review.evidence import Evidence
from review.looking import Known

SOME = 1000  # proposals or changes that are read at once
NUMBER = click.argument("number", type=click.IntRange(1, 10**15))


@click.group("review", short_help="Show proposals, and decide on them.")
def command() -> None:
    """Show proposals, and decide on them: approve, reject, withdraw, re-base, comment, add evidence."""


@command.command("list", short_help="List the proposals that wait.")
@click.option("--all", "every", is_flag=True, help="Those that are decided too.")
@verb
def list_proposals(terminal: Terminal, every: bool) -> None:
    """List the proposals that wait to be decided, the oldest first."""
    with terminal.store() as store:
        shown = list(_proposals(store, not every))
    if terminal.as_json:
        click.echo(json.dumps({"proposals": shown}, ensure_ascii=False))
    elif not shown:
        click.echo("No proposal waits: 'registers propose PLAN' submits one.")
    else:
        click.echo(f"{'NUMBER':>6}  {'STATE':<10} {'REGISTER':<32} {'CHANGES':>9}  {'SUBMITTED':<20}  AUTHOR")
        for each in shown:
            row = "{number:>6}  {state:<10} {register:<32} {changes:>9}  {submitted:<20}  {author}"
            click.echo(row.format(**each))


def _proposals(store: Store, is_open: bool) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        with store.reading() as tx:
            found = proposals.page(tx, after, SOME, is_open)
            shown = standing.members(tx, found)
        yield from shown
        if len(found) < SOME:
            return
        after = found[-1].number


@command.command("show", short_help="Show a proposal, and what it would change.")
@NUMBER
@click.option("--changes", "with_changes", is_flag=True, help="What it changes, field by field.")
@verb
def show(terminal: Terminal, number: int, with_changes: bool) -> None:
    """Show the proposal NUMBER: what it is, what happened to it, whether it is stale."""
    with terminal.store() as store:
        with store.reading() as tx:
            proposal = proposals.find(tx, number)
            policy = decisions.policy_of(tx, proposal)
            happened = proposals.events_of(tx, number)
            (value,) = standing.members(tx, [proposal])
        value |= {"policy": policy.name, "approvals-needed": policy.approvals}
        value["stale"] = proposals.why_stale(store, proposal) or None
        changes = list(_changes(store, proposal)) if with_changes else []
        defined = proposals.definition_of(store, proposal) if with_changes else []
    if terminal.as_json:
        definition = [{"key": key, "item": item} for key, item in defined]
        more = {"changed": [each.members() for each in changes], "definition": definition} if with_changes else {}
        value |= {"checks": proposals.checks_of(happened)}
        value |= {"events": [event.members() for event in happened]} | more
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    _show(value, happened, changes)
    for key, item in defined:
        click.echo(f"metadata {key}")
        for member, text in item.items():
            click.echo(f"  {member}: {_value(text)}")


def _changes(store: Store, proposal: Proposal) -> Iterator[Difference]:
    for after in range(0, proposal.subject.changes, SOME):
        yield from proposals.changes(store, proposal, after, SOME)


def _show(value: Mapping[str, Any], happened: list[Event], changes: list[Difference]) -> None:
    for name, shown in value.items():
        text = ", ".join(shown) if isinstance(shown, list) else shown
        if text not in (None, ""):
            click.echo(f"{name + ':':<22}{text}")
    if found := proposals.checks_of(happened):
        click.echo("\n".join(reports.lines(found)))
    click.echo("events:")
    for event in happened:
        said = " ".join(event.detail[word] for word in ("note", "reason", "text", "url") if event.detail.get(word))
        said = f"by proposal {event.detail['by']}" if event.kind == SUPERSEDED else said
        said = reports.sentence(event.detail) if event.kind == CHECKED else said
        click.echo(f"  {timestamp_text(event.time)}  {event.kind:<10} {event.actor}  {said}".rstrip())
    for each in changes:
        click.echo(f"{each.kind} {each.key} ({shortened(each.name)})")
        for field, sides in each.fields.items():
            click.echo(f"  {field}: {_value(sides.get('from'))} → {_value(sides.get('to'))}")


def _value(value: object) -> str:
    """A value in quotes, escaped as JSON has it, so that nothing in it is taken for the terminal's."""
    return "(none)" if value is None else json.dumps(value, ensure_ascii=str(value).isprintable() is False)


@command.command("approve", short_help="Approve a proposal.")
@NUMBER
@verb
def approve(terminal: Terminal, number: int) -> None:
    """Approve the proposal NUMBER. When that is enough, its plan is appended in the same act."""
    with terminal.store() as store:
        proposal = decisions.approve(store, number, terminal.authority().actor, terminal.settings.operator)
        with store.reading() as tx:
            policy = decisions.policy_of(tx, proposal)
        value = standing.shown(store, proposal)
    sentence = f"Proposal {number} has {len(proposal.approved_by)} of the {policy.approvals} approvals that it takes."
    if proposal.state == PUBLISHED:
        first, last = value["first-entry"], value["last-entry"]
        several = f"entries {first} to {last}" if first != last else f"entry {first}"
        entries = f", {several}" if first else ""
        sentence = f"Proposal {number} is published: revision {value['revision']} of {value['register']}{entries}."
    terminal.answer(value, sentence)


@command.command("reject", short_help="Reject a proposal.")
@NUMBER
@click.option("--reason", metavar="TEXT", required=True, help="Why; it is kept with the proposal.")
@verb
def reject(terminal: Terminal, number: int, reason: str) -> None:
    """Reject the proposal NUMBER, for a reason that is kept with it."""
    with terminal.store() as store:
        proposal = decisions.reject(store, number, terminal.authority().actor, reason)
        value = standing.shown(store, proposal)
    terminal.answer(value, f"Proposal {number} is rejected.")


@command.command("withdraw", short_help="Take your own proposal back.")
@NUMBER
@verb
def withdraw(terminal: Terminal, number: int) -> None:
    """Take your own proposal NUMBER back."""
    with terminal.store() as store:
        proposal = decisions.withdraw(store, number, terminal.authority().actor)
        value = standing.shown(store, proposal)
    terminal.answer(value, f"Proposal {number} is withdrawn.")


@command.command("rebase", short_help="Make the plan of a stale proposal anew.")
@NUMBER
@verb
def rebase(terminal: Terminal, number: int) -> None:
    """Make the plan of the stale proposal NUMBER anew, against its register as it is. Approvals so far are void."""
    with terminal.store() as store:
        known = Known(Areas(folder_beside(store, terminal.settings.places_folder)), last_load)
        proposal = decisions.rebase(store, number, Actor(terminal.authority().actor, is_custodian=True), known)
        value = standing.shown(store, proposal)
    terminal.answer(value, f"Proposal {number} is re-based, on entry {proposal.subject.size} of {value['register']}.")


@command.command("comment", short_help="Say something of a proposal.")
@NUMBER
@click.argument("text")
@verb
def comment(terminal: Terminal, number: int, text: str) -> None:
    """Say TEXT of the proposal NUMBER, for all who read it."""
    with terminal.store() as store:
        proposal = decisions.comment(store, number, terminal.authority().actor, text)
        value = standing.shown(store, proposal)
    terminal.answer(value, f"Your comment on proposal {number} is kept.")


@command.command("policy", short_help="Who has to agree to changes of a register.")
@click.argument("register")
@click.option("--direct/--others", "is_direct", default=None, help="Its custodian decides alone; or another has to.")
@verb
def set_policy(terminal: Terminal, register: str, is_direct: bool | None) -> None:
    """Say who has to agree to changes of REGISTER, or set it: --direct lets its one custodian decide alone."""
    with terminal.store() as store:
        if is_direct is not None:
            alone.decide_alone(store, register, is_direct, terminal.authority().actor)
        with store.reading() as tx:
            found = snapshot.find_register(tx, register)
            policy = policies.choose(found.tier, policies.RECORDS, found.is_direct)
            said, several = alone.warning_of(tx, found), len(alone.deciders(tx, found))
    if said:
        warn(f"{found.name}: {said}")
    value = {"register": found.name, "policy": policy.name, "approvals-needed": policy.approvals, "deciders": several}
    terminal.answer(value, f"{found.name} has the policy {policy.name}; {several} may decide on it.")


@command.command("evidence", short_help="Add what shows that a proposal is right.")
@NUMBER
@click.argument("text", default="")
@click.option("--url", metavar="URL", default="", help="Where it can be looked up.")
@verb
def add_evidence(terminal: Terminal, number: int, text: str, url: str) -> None:
    """Add evidence to the open proposal NUMBER: TEXT, an address, or both."""
    with terminal.store() as store:
        proposal = evidence.add(store, number, terminal.authority().actor, Evidence(text, url))
        value = standing.shown(store, proposal)
    terminal.answer(value, f"Your evidence for proposal {number} is kept.")
