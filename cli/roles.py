"""`registers roles`: what people may do, on a register or on all."""

from __future__ import annotations

import json

import click

from cli.verbs import Terminal, verb
from people import roles
from people.roles import ROLES, Wanted

PERSON = click.argument("person")
ROLE = click.argument("role", type=click.Choice(list(ROLES)))
REGISTER = click.option("--register", metavar="NAME", help="The register it is on; else all of them.")


@click.group("roles", short_help="Give and take what people may do.")
def command() -> None:
    """Give, take and list roles. PERSON is an e-mail or an account's id; each role may do what those before it may."""


@command.command("grant", short_help="Give a role.")
@PERSON
@ROLE
@REGISTER
@verb
def grant(terminal: Terminal, person: str, role: str, register: str | None) -> None:
    """Give PERSON a role on a register, or on all, and end their sessions."""
    with terminal.store() as store:
        account = roles.grant(store, Wanted(person, role, register), terminal.authority().actor)
    value = {"person": account.id, "role": role, "register": register or roles.EVERYWHERE}
    terminal.answer(value, f"{account.id} is {role} of {register or 'all registers'}.")


@command.command("revoke", short_help="Take a role away.")
@PERSON
@ROLE
@REGISTER
@verb
def revoke(terminal: Terminal, person: str, role: str, register: str | None) -> None:
    """Take a role on a register, or on all, from PERSON, and end their sessions."""
    with terminal.store() as store:
        account = roles.revoke(store, Wanted(person, role, register), terminal.authority().actor)
    value = {"person": account.id, "role": role, "register": register or roles.EVERYWHERE}
    terminal.answer(value, f"{account.id} is not {role} of {register or 'all registers'} any more.")


@command.command("list", short_help="List who may do what.")
@verb
def list_roles(terminal: Terminal) -> None:
    """List who has which role on which register."""
    with terminal.store() as store:
        shown = [each.members() for each in roles.find_all(store)]
    if terminal.as_json:
        click.echo(json.dumps({"roles": shown}, ensure_ascii=False))
    elif not shown:
        click.echo("Nobody has a role: 'registers roles grant PERSON administrator' gives the first.")
    else:
        click.echo(f"{'PERSON':<19}  {'ROLE':<13}  {'REGISTER':<32} GRANTED")
        for each in shown:
            click.echo("{person:<19}  {role:<13}  {register:<32} {granted} by {granted-by}".format(**each))
