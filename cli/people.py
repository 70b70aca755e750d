"""`registers people`: who may sign in, and what was decided about them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from cli.verbs import Terminal, verb
from notices import mail, wishes
from people import access, accounts, bars, links, roles, secret
from people.accounts import Account, Wanted
from people.links import Invitation
from registers.entry import shortened
from registers.errors import Invalid, Unavailable
from registers.store.engine import Store
from review import drafts

SOME = 1000  # accounts or decisions that are read at once
PERSON = click.argument("person")
WITH_PASSWORD = click.option(
    "--password", "asks", is_flag=True, help="Give a password too: typed twice, or the first line of stdin."
)

BARRED_FROM = click.option("--register", metavar="NAME", help="The register; all of them without it.")


@click.group("people", short_help="Add, show and forget people who may sign in.")
def command() -> None:
    """Add, list, show and forget the people who may sign in. PERSON is an e-mail or an account's id."""


@command.command("add", short_help="Make an account.")
@click.argument("email")
@click.option("--name", required=True, help="What the person is called.")
@click.option("--confirmed", is_flag=True, help="You know that the e-mail reaches them.")
@WITH_PASSWORD
@verb
def add(terminal: Terminal, email: str, name: str, confirmed: bool, asks: bool) -> None:
    """Make an account for EMAIL. A password is never an argument: others on the machine could read it there."""
    password = _ask_password() if asks else None
    with terminal.store() as store:
        made = accounts.add(store, Wanted(name, email, confirmed), terminal.authority().actor, password)
    terminal.answer(made.members(), f"{made.id} is the account of {made.name} <{made.email}>.")


@command.command("list", short_help="List the accounts.")
@verb
def list_people(terminal: Terminal) -> None:
    """List the accounts, those left out that were forgotten."""
    with terminal.store() as store:
        shown = list(_accounts(store))
    if terminal.as_json:
        click.echo(json.dumps({"people": [each.members() for each in shown]}, ensure_ascii=False))
    elif not shown:
        click.echo("There is nobody: 'registers people add EMAIL --name NAME --password' makes an account.")
    else:
        click.echo(f"{'ID':<19}  {'CONFIRMED':<9}  {'PASSWORD':<8}  {'E-MAIL':<32} NAME")
        for each in shown:
            words = ["yes" if each.confirmed else "no", "yes" if each.has_password else "no"]
            click.echo(f"{each.id:<19}  {words[0]:<9}  {words[1]:<8}  {each.email or '(none)':<32} {each.name}")


def _accounts(store: Store) -> Iterator[Account]:
    after = ""
    while found := accounts.page(store, after, SOME):
        yield from found
        after = found[-1].id


@command.command("show", short_help="Show an account and its roles.")
@PERSON
@verb
def show(terminal: Terminal, person: str) -> None:
    """Show the account PERSON, and what it may do."""
    with terminal.store() as store, store.reading() as tx:
        found = accounts.find(tx, person)
        held = [each.members() for each in roles.held(tx, found.id)]
        barred = [each.members() for each in bars.of_account(tx, found.id)]
    value = found.members() | {"roles": held, "barred": barred}
    if terminal.as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    for name, shown in found.members().items():
        if shown not in (None, ""):
            click.echo(f"{name + ':':<12}{str(shown).lower() if isinstance(shown, bool) else shown}")
    for each in held:
        click.echo(f"{'role:':<12}{each['role']} of {each['register']}")
    for each in barred:
        click.echo(f"{'barred:':<12}from {each['register']}, since {each['since']}")


@command.command("password", short_help="Give an account another password.")
@PERSON
@verb
def password(terminal: Terminal, person: str) -> None:
    """Give the account PERSON another password, typed twice or the first line of stdin, and end its sessions."""
    with terminal.store() as store:
        with store.reading() as tx:
            found = accounts.find(tx, person)
        accounts.set_password(store, found.id, _ask_password(), terminal.authority().actor)
    terminal.answer(found.members() | {"password": True}, f"{found.id} has another password, and its sessions ended.")


@command.command("link", short_help="Make a link with which a person signs in once.")
@click.argument("email")
@click.option("--name", help="What the person is called, for one who has no account yet.")
@verb
def link(terminal: Terminal, email: str, name: str | None) -> None:
    """Make a link that confirms EMAIL and signs its person in, once, within a day. Send it to that e-mail only."""
    with terminal.store() as store:
        with store.reading() as tx:
            found = accounts.find_email(tx, email)
        if found is None and not name:
            raise Invalid(f"there is no person {shortened(email)}: give a --name, and the link makes an account")
        invitation = Invitation(found.name if found else str(name), (found.email if found else None) or email)
        token = links.make(secret.read_secret(terminal.settings.secret, store), invitation, store.clock())
    url = f"{terminal.settings.base_url or f'http://127.0.0.1:{terminal.settings.port}'}/confirm?link={token}"
    terminal.answer({"email": invitation.email, "link": url}, url)


@command.command("bar", short_help="Have a person suggest nothing any more.")
@PERSON
@BARRED_FROM
@verb
def bar(terminal: Terminal, person: str, register: str | None) -> None:
    """Have PERSON suggest and comment no more, on a register or on all. They still sign in and read."""
    with terminal.store() as store:
        barred = bars.bar(store, person, register, terminal.authority().actor)
    value = {"person": barred.id, "register": register or roles.EVERYWHERE}
    terminal.answer(value, f"{barred.id} may not suggest on {register or 'any register'} any more.")


@command.command("allow", short_help="Have a person who was barred suggest again.")
@PERSON
@BARRED_FROM
@verb
def allow(terminal: Terminal, person: str, register: str | None) -> None:
    """Have PERSON suggest again where they were barred: on a register, or on all."""
    with terminal.store() as store:
        allowed = bars.allow(store, person, register, terminal.authority().actor)
    value = {"person": allowed.id, "register": register or roles.EVERYWHERE}
    terminal.answer(value, f"{allowed.id} may suggest on {register or 'all registers'} again.")


@command.command("forget", short_help="Delete who an account is, for good.")
@PERSON
@verb
def forget(terminal: Terminal, person: str) -> None:
    """Delete the name, e-mail, password, sessions, roles, drafts and unsent mails of PERSON for good; the id stays.

    Then the database's old pages are written anew, so that no file of it says who it was: on SQLite the whole file.
    """
    with terminal.store() as store:
        mail.forget(store, person)
        with store.reading() as tx:
            account = accounts.get_or_none(tx, person) or accounts.find(tx, person)
        drafts.forget(store, account.id)
        # If we crash here, drafts, and mails to an e-mail that nobody has confirmed, are gone; the same again does the
        # rest.
        forgotten = accounts.forget(store, person, terminal.authority().actor)
        # If we crash here, the person is forgotten, and old pages still say who it was; the same by the id helps.
        try:
            store.wipe((*accounts.PERSONAL, *mail.PERSONAL, *wishes.PERSONAL, *drafts.PERSONAL))
        except Unavailable as error:
            still = f"{forgotten.id} is forgotten, but old pages of the database may still say who it was: {error}"
            raise Unavailable(f"{still}; then give this command {forgotten.id} again") from None
    terminal.answer(forgotten.members(), f"{forgotten.id} is forgotten: nothing here says who it was.")


@command.command("accesses", short_help="Show the access log.")
@click.option("--of", metavar="PERSON", help="Only what one person asked for, or what was about them.")
@click.option("--last", type=click.IntRange(1, SOME), default=50, show_default=True, help="How many decisions.")
@verb
def accesses(terminal: Terminal, of: str | None, last: int) -> None:
    """Show the latest decisions about people: who asked for what, when, whether it was allowed, and why not."""
    with terminal.store() as store:
        account_id = None
        if of:
            with store.reading() as tx:
                account_id = (accounts.find_email(tx, of) or accounts.get(tx, of)).id
        shown = [each.members() for each in access.page(store, None, last, account_id)]
    if terminal.as_json:
        click.echo(json.dumps({"accesses": shown}, ensure_ascii=False))
        return
    for each in shown:
        about = " ".join(str(each[name]) for name in ("subject", "register") if each[name])
        outcome = "allowed" if each["allowed"] else f"refused: {each['why']}"
        click.echo(f"{each['time']}  {each['actor'] or 'nobody':<21}  {each['action']} {about}  {outcome}")


def _ask_password() -> str:
    """A password, typed twice where somebody types, else the first line of stdin."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
