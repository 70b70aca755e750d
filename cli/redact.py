"""`registers redact`: take a value away for good, and make away with what is kept of it."""

from __future__ import annotations

import click

from cli.forgetting import forget
from cli.verbs import Terminal, verb, warn
from registers import redaction
from registers.errors import Conflict
from registers.redaction import Redacted, Wanted
from review import proposals


@click.command("redact", short_help="Take a value away, for good.")
@click.argument("register")
@click.argument("key")
@click.argument("fields", metavar="FIELD...", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", required=True, help="Why. It is published, so it names nobody.")
@click.option("--entry", metavar="N", type=click.IntRange(1, 10**15), help="The entry whose values these are.")
@click.option("--only", is_flag=True, help="Take them out of the item of that entry alone.")
@click.option("--submit", is_flag=True, help="Propose it, for another to approve.")
@click.option("--note", metavar="TEXT", default="", help="With --submit: what those who decide should know.")
@verb
def command(
    terminal: Terminal,
    register: str,
    key: str,
    fields: tuple[str, ...],
    reason: str,
    **options: object,
) -> None:
    """Take what the record KEY of REGISTER has in each FIELD away, out of every item that the record ever had.

    Its digest stands in its place. No root, no proof and no hash of v2 changes; the items are gone from v1. It cannot
    be undone. Backups, and copies that others have, are not reached.
    """
    entry, only = options["entry"], bool(options["only"])
    wanted = Wanted(key, fields, entry if isinstance(entry, int) else None, only)
    if options["submit"]:
        _submit(terminal, register, wanted, reason, str(options["note"]))
    else:
        _redact(terminal, register, wanted, reason)


def _redact(terminal: Terminal, register: str, wanted: Wanted, reason: str) -> None:
    """Take it away, and make away with what is kept of it; a second run goes on where the first was killed."""
    with terminal.store() as store:
        try:
            made = redaction.take_away(store, register, wanted, reason, terminal.authority("terminal"))
        except Conflict:
            forget(terminal, store, register)
            raise
        # If we crash here, no answer holds the value any more, and old pages and files do. A second run, or `registers
        # work`, makes away with them.
        is_gone = forget(terminal, store, register)
        with store.reading() as tx:
            for where in redaction.left_elsewhere(tx, made.register, made.item):
                warn(f"the record still has what was taken away in {where}")
    left = "" if is_gone else "; old files, indexes or pages still hold it, and registers work makes away with them"
    numbers = {"revision": made.revision.number, "metadata-entry": made.revision.metadata_entries}
    value = {"register": register, **made.item, "entries": made.entries, **numbers, "forgotten": is_gone}
    terminal.answer(value, f"{_said(made)}{left}.")


def _said(made: Redacted) -> str:
    fields, count = ", ".join(made.item["fields"]), len(made.entries)
    entries = f"entry {made.entries[0]}" if count == 1 else f"{count} entries"
    return f"{made.register.name}: {fields} of {made.item['record']} is taken out of the items of {entries}"


def _submit(terminal: Terminal, register: str, wanted: Wanted, reason: str, note: str) -> None:
    with terminal.store() as store:
        content = redaction.plan(store, register, wanted, reason)
        submitted = proposals.submit(store, content, terminal.authority().actor, note)
    about = f"proposal {submitted.proposal.number}, to take values out of {wanted.key} of {register}"
    sentence = f"This is {about}, which you have confirmed." if submitted.confirmed else f"This is {about}."
    terminal.answer(submitted.proposal.members() | {"confirmed": submitted.confirmed}, sentence)
