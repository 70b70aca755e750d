"""`registers api-keys`: the keys with which programs may do more than read."""

from __future__ import annotations

import json

import click

from cli.verbs import Terminal, verb
from people import api_keys
from people.api_keys import DAYS, MOST_DAYS, SCOPES, Wanted
from registers.entry import timestamp_text


@click.group("api-keys", short_help="Make, list and revoke API keys.")
def command() -> None:
    """Make, list and revoke API keys, with which programs may do more than read."""


@command.command("create", short_help="Make a key, and show it this once.")
@click.argument("label")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(list(SCOPES)), help="What it may do."
)
@click.option("--register", "registers", multiple=True, metavar="NAME", help="A register it is limited to; else all.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=DAYS, show_default=True, help="How long it is good.")
@verb
def create(terminal: Terminal, label: str, scopes: tuple[str, ...], registers: tuple[str, ...], days: int) -> None:
    """Make a key, with LABEL to say what it is for, and show it. It is not kept, so nothing can show it again."""
    with terminal.store() as store:
        issued = api_keys.create(store, Wanted(label, scopes, registers, days), terminal.authority().actor)
        shown = issued.api_key.members(store.clock())
    end = timestamp_text(issued.api_key.expires)
    sentence = f"{issued.text}\nThis is the key {issued.api_key.id}, good until {end}. It is not shown again."
    terminal.answer(shown | {"key": issued.text}, sentence)


@command.command("list", short_help="List the keys, never the keys themselves.")
@verb
def list_keys(terminal: Terminal) -> None:
    """List the keys, those that have ended too: what each is for and may do, never the key itself."""
    with terminal.store() as store:
        shown = [each.members(store.clock()) for each in api_keys.find_all(store)]
    if terminal.as_json:
        click.echo(json.dumps({"api-keys": shown}, ensure_ascii=False))
    elif not shown:
        click.echo("There are no API keys: 'registers api-keys create LABEL --scope direct' makes one.")
    else:
        click.echo(f"{'ID':<12}  {'STATE':<8} {'EXPIRES':<20}  {'SCOPES':<26} {'REGISTERS':<24} LABEL")
        for each in shown:
            click.echo(_row(each))


@command.command("revoke", short_help="Revoke a key, at once and for good.")
@click.argument("id")
@verb
def revoke(terminal: Terminal, id: str) -> None:
    """Revoke the key ID, at once and for good."""
    with terminal.store() as store:
        revoked = api_keys.revoke(store, id)
        shown = revoked.members(store.clock())
    terminal.answer(shown, f"{revoked.id} ({revoked.label}) is revoked.")


def _row(shown: dict[str, object]) -> str:
    lists = {name: " ".join(map(str, value)) for name, value in shown.items() if isinstance(value, list)}
    lists["registers"] = lists["registers"] or "all"
    return "{id:<12}  {state:<8} {expires:<20}  {scopes:<26} {registers:<24} {label}".format(**shown | lists)
