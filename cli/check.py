"""`registers check`: hold registers against themselves, their links against each other, their values against rules."""

from __future__ import annotations

from typing import Any

import click

from cli.verbs import Terminal, verb, warn
from geo.areas.following import Areas, folder_beside
from loaders import quality
from registers import fsck, snapshot
from registers.entry import shortened
from registers.errors import Corrupt
from registers.register import Register
from registers.store import registers
from registers.store.engine import Store
from review import alone

SHOWN = 20


@click.command("check", short_help="Check hashes, trees, records, links and values.")
@click.argument("names", metavar="[REGISTER]...", nargs=-1)
@verb
def command(terminal: Terminal, names: tuple[str, ...]) -> None:
    """Check each REGISTER, by default all: every hash, chain, tile, root, record and count, every link and value.

    What is found of values, blanks, links and confirmations is kept for the register's page of quality, and so are the
    records whose point lies in another area than the one they name. The answer is no (exit code 1) when anything is
    wrong, a link points at nothing, or a value breaks its datatype.
    """
    with terminal.store() as store:
        with store.reading() as tx:
            chosen = [snapshot.find_register(tx, name) for name in names] or registers.find_all(tx.connection)
        areas = Areas(folder_beside(store, terminal.settings.places_folder))
        results = [_check(store, register, areas) for register in chosen]
    bad = [each for each in results if each["fault"] or each["dangling-links"] or each["invalid-values"]]
    if not terminal.as_json:
        for result in results:
            _tell(result)
    sentence = f"{len(results) - len(bad)} of {len(results)} registers hold in every respect."
    terminal.answer({"registers": results, "holds": not bad}, sentence)
    if bad:
        click.get_current_context().exit(1)


def _check(store: Store, register: Register, areas: Areas) -> dict[str, Any]:
    try:
        checked, fault = fsck.check_log(store, register), ""
    except Corrupt as error:
        checked, fault = 0, str(error)
        warn(fault)
    with store.reading() as tx:
        definition = snapshot.read_definition(tx, register)
        said = alone.warning_of(tx, register) if register.status == "published" else ""
    if said:
        warn(f"{register.name}: {said}")
    found = quality.report(store, register, definition, areas) if definition else {}
    _warn_of(register, found)
    return {
        "register": register.name,
        "entries": checked,
        "fault": fault,
        "deciding": said or None,
        "dangling-links": found.get("dangling-links", 0),
        "invalid-values": sum(each["invalid"] for each in found.get("fields", ())),
        "blank-rates": {each["field"]: each["blank-rate"] for each in found.get("fields", ())},
        "never-confirmed": found.get("never-confirmed", 0),
        "last-confirmed": found.get("last-confirmed"),
        "declared-areas": found.get("declared-areas", []),
    }


def _warn_of(register: Register, found: dict[str, Any]) -> None:
    """Say which links lead to nothing, and which values are not of their datatype; the first of each."""
    for link in found.get("dangling-examples", ()):
        where = f"{link['place']}: {link['field']}: {shortened(link['key'])}"
        warn(f"{register.name}: {where} is not the key of a record of {link['register']}")
    if (more := found.get("dangling-links", 0) - len(found.get("dangling-examples", ()))) > 0:
        warn(f"{register.name}: and {more} more links to nothing")
    for field in found.get("fields", ()):
        for example in field["examples"][:SHOWN]:
            place = f"record {shortened(example['key'])}: {field['field']}"
            warn(f"{register.name}: {place}: {example['value']} {example['reason']}")
    for name in found.get("areas-not-indexed", ()):
        warn(f"{register.name}: points are not looked up in {name}, which is not indexed yet: registers work does it")
    for compared in found.get("declared-areas", ()):
        for example in compared["examples"][:SHOWN]:
            warn(f"{register.name}: {_elsewhere(compared, example)}")
        if (more := compared["differs"] - len(compared["examples"][:SHOWN])) > 0:
            warn(f"{register.name}: and {more} more records that stand in another area than the one they name")


def _elsewhere(compared: dict[str, Any], example: dict[str, Any]) -> str:
    named, derived = (" and ".join(example[which]) for which in ("names", "derived"))
    place = f"record {shortened(example['key'])}: {compared['field']}"
    return f"{place}: {shortened(example['declared'])} is {named}, and its point lies in {derived}"


def _tell(result: dict[str, Any]) -> None:
    """One line about a register: what is mostly blank in it, and when it was last confirmed."""
    blank = [f"{name} {rate:.0%}" for name, rate in result["blank-rates"].items() if rate >= 0.5]
    last = result["last-confirmed"]
    confirmed = f"confirmed by {last['source']} on {last['time'][:10]}" if last else "never held against a source"
    parts = [confirmed, f"{result['never-confirmed']:,} records never confirmed"]
    parts += [f"mostly blank: {', '.join(blank)}"] if blank else []
    parts += [_told(each) for each in result["declared-areas"]]
    click.echo(f"{result['register']}: {'; '.join(parts)}.")


def _told(compared: dict[str, Any]) -> str:
    """How many records stand in the areas that a field names."""
    inside = compared["agrees"] + compared["on-boundary"]
    whole = inside + compared["differs"] + compared["nowhere"]
    told = f"{inside:,} of {whole:,} stand in the {compared['areas']} that their {compared['field']} names"
    return f"{told}, {compared['nowhere']:,} in none" if compared["nowhere"] else told
