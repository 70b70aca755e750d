"""`registers describe`: change what a register says of itself, or have another agree to that first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from cli.verbs import Terminal, verb
from registers import lifecycle, restating, snapshot
from registers.coverage import FREQUENCIES
from registers.definition import PHASES
from registers.errors import Invalid
from registers.register import TIERS
from registers.store.engine import Store
from review import proposals, redefining

CHOICES = {"tier": TIERS, "phase": PHASES, "update-frequency": FREQUENCIES}
HELP = {
    "title": "Its name for people.",
    "custodian": "Who answers for it.",
    "tier": "How much care it asks for: what is suggested of it takes one custodian, or two.",
    "licence": "Under which licence it is.",
    "copyright": "The words by which it is to be attributed.",
    "spatial-coverage": "Where it is about: a place, or its URI.",
    "temporal-coverage": "When it is about, such as 1974-04-01/..",
    "update-frequency": "How often it changes.",
    "last-confirmed": "The last day on which the custodian found all of it right.",
    "text": "What is in it.",
    "registry": "The id of the organisation that runs it.",
    "phase": "How mature it is.",
}


def _members(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with an option for each thing that a register says of itself."""
    for member in reversed(restating.MEMBERS):
        kind = click.Choice(CHOICES[member]) if member in CHOICES else None
        metavar = {"update-frequency": "WORD"}.get(member, None if kind else "TEXT")
        command = click.option(f"--{member}", type=kind, metavar=metavar, help=HELP[member])(command)
    return command


@click.command("describe", short_help="Change what a register says of itself.")
@click.argument("register")
@_members
@click.option("--submit", is_flag=True, help="Propose it, for another to approve.")
@click.option("--note", metavar="TEXT", default="", help="With --submit: what those who decide should know.")
@verb
def command(terminal: Terminal, register: str, submit: bool, note: str, **said: str | None) -> None:
    """Change what REGISTER says of itself. Only what differs is appended, and nothing when nothing does."""
    members = {name.replace("_", "-"): text.strip() for name, text in said.items() if text is not None}
    if not members:
        raise click.UsageError(f"say what is to change: --{', --'.join(restating.MEMBERS)}")
    with terminal.store() as store:
        if submit:
            _submit(terminal, store, register, members, note)
        else:
            _describe(terminal, store, register, members)


def _describe(terminal: Terminal, store: Store, register: str, members: Mapping[str, str]) -> None:
    with store.reading() as tx:
        before = snapshot.read_definition(tx, snapshot.find_register(tx, register))
    made = lifecycle.describe(store, register, members, terminal.authority("terminal"))
    changed = sorted(name for name, text in members.items() if made and before and before.said(name) != text)
    number = made.revision.number if made else None
    sentence = f"{register} has another {', '.join(changed)}." if changed else f"{register} says so already."
    terminal.answer({"register": register, "changed": changed, "revision": number}, sentence)


def _submit(terminal: Terminal, store: Store, register: str, members: Mapping[str, str], note: str) -> None:
    with store.reading() as tx:
        content, changes = redefining.plan_of(tx, snapshot.find_register(tx, register), members)
    if not changes:
        raise Invalid(f"{register} says so already, so there is nothing to agree to")
    submitted = proposals.submit(store, content, terminal.authority().actor, note)
    about = f"proposal {submitted.proposal.number}, to change what {register} says of itself"
    sentence = f"This is {about}, which you have confirmed." if submitted.confirmed else f"This is {about}."
    terminal.answer(submitted.proposal.members() | {"confirmed": submitted.confirmed}, sentence)
