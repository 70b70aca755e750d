"""Who may not suggest on a register: its custodians bar whoever floods it, and let them suggest again."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request

from api import current, forgery, paging, signed_in
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.faults import Fault, beside, sentence
from api.pages.languages.saying import gettext
from api.pages.rendering import page, see
from api.permissions import Permission
from people import accounts, bars
from people.accounts import Account
from people.bars import Bar
from registers import snapshot
from registers.errors import Conflict, NotFound

PATH = "/registers/<segment:register>/people/barred"
routes = blueprint("barring", "Who may not suggest")


@dataclass(frozen=True, slots=True)
class Row:
    """A bar on the register, or on all, and whose it is."""

    bar: Bar
    account: Account


@routes.resource(PATH, permission=Permission.BAR, caching=Caching.NO_STORE, answer=PAGE)
def show_barred(register: str) -> Response:
    """Show who may not suggest on a register"""
    return _barred(register, [])


@routes.resource(PATH, permission=Permission.BAR, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_barred(register: str) -> Response:
    """Bar somebody from suggesting on a register, or let them suggest again"""
    act = bars.allow if request.form.get("action") == "allow" else bars.bar
    who = request.form.get("person", "").strip()
    try:
        if not who:
            wanted = gettext("Give the id of the account, as it stands on the suggestion, or the person’s e-mail")
            raise NotFound(wanted)
        act(current.store(), who, register, signed_in.account().id, within=True)
    except (Conflict, NotFound) as error:
        return _barred(register, [Fault("person", sentence(error))])
    return see(paging.full_path("pages-barring.show_barred", register=register))


def _barred(name: str, faults: list[Fault]) -> Response:
    with current.store().reading() as tx:
        register = snapshot.find_register(tx, name)
        definition = snapshot.read_definition(tx, register)
        rows = [Row(each, accounts.get(tx, each.account)) for each in bars.on_register(tx, register.id)]
    return page(
        "people/barred.html",
        status=400 if faults else 200,
        name=name,
        title=catalogue.title_of(definition) if definition else name,
        rows=rows,
        faults=faults,
        wrong=beside(faults),
        typed=request.form.get("person", "") if faults else "",
        token=forgery.token(signed_in.shown()),
    )
