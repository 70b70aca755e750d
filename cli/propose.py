"""`registers propose`: submit a plan, so that it is appended when another agrees."""

from __future__ import annotations

from typing import BinaryIO

import click

from cli import reports
from cli.verbs import Terminal, verb
from geo.areas.following import Areas, folder_beside
from loaders.saying import last_load
from review import checks, proposals, standing
from review.looking import Known
from review.purposes import PURPOSES


@click.command("propose", short_help="Submit a plan, for others to agree to.")
@click.argument("plan", type=click.File("rb"))
@click.option("--note", metavar="TEXT", default="", help="What those who decide should know.")
@click.option("--purpose", type=click.Choice(PURPOSES), help="Why; by default what the plan does.")
@click.option("--check", "is_check", is_flag=True, help="Say what automatic checks find, and submit nothing.")
@verb
def command(terminal: Terminal, plan: BinaryIO, note: str, purpose: str | None, is_check: bool) -> None:
    """Submit the file PLAN (- is stdin) as a proposal. Whoever submits it again confirms the one there is."""
    content = plan.read(proposals.LIMIT + 1)
    with terminal.store() as store:
        known = Known(Areas(folder_beside(store, terminal.settings.places_folder)), last_load)
        if is_check:
            report = checks.look(store, content, known).members()
            terminal.answer(report, "\n".join(reports.lines(report)))
            return
        submitted = proposals.submit(store, content, terminal.authority().actor, note, known, purpose or "")
        value = standing.shown(store, submitted.proposal)
    proposal = submitted.proposal
    count = proposal.subject.changes
    changes = f"{count:,} change{'' if count == 1 else 's'}"
    about = f"proposal {proposal.number}, of {changes} to {proposal.subject.register}"
    sentence = f"This is {about}, which you have confirmed." if submitted.confirmed else f"This is {about}."
    terminal.answer(value | {"confirmed": submitted.confirmed}, sentence)
