"""`registers check`: hold registers against themselves, and their links against each other."""

from __future__ import annotations

import click

from cli.verbs import Terminal, verb, warn
from registers import fsck, links, snapshot
from registers.errors import Corrupt
from registers.register import Register
from registers.store import registers
from registers.store.engine import Store

SHOWN = 20


@click.command("check", short_help="Check hashes, trees, records and links.")
@click.argument("names", metavar="[REGISTER]...", nargs=-1)
@verb
def command(terminal: Terminal, names: tuple[str, ...]) -> None:
    """Check each REGISTER, by default all: every hash, chain, tile, root, record and count, and every link.

    The answer is no (exit code 1) when anything is wrong, or a link points at nothing.
    """
    with terminal.store() as store:
        with store.reading() as tx:
            chosen = [snapshot.find_register(tx, name) for name in names] or registers.find_all(tx.connection)
        results = [_check(store, register) for register in chosen]
    bad = [result for result in results if result["fault"] or result["dangling-links"]]
    sentence = f"{len(results) - len(bad)} of {len(results)} registers hold in every respect."
    terminal.answer({"registers": results, "holds": not bad}, sentence)
    if bad:
        click.get_current_context().exit(1)


def _check(store: Store, register: Register) -> dict[str, object]:
    try:
        checked, fault = fsck.check_log(store, register), ""
    except Corrupt as error:
        checked, fault = 0, str(error)
        warn(fault)
    with store.reading() as tx:
        definition = snapshot.read_definition(tx, register)
    dangling = 0
    for link in links.check_links(store, register, definition) if definition else ():
        dangling += 1
        if dangling <= SHOWN:
            warn(f"{register.name}: {link} is not the key of a record of {link.register}")
    if dangling > SHOWN:
        warn(f"{register.name}: and {dangling - SHOWN} more links to nothing")
    return {"register": register.name, "entries": checked, "fault": fault, "dangling-links": dangling}
