"""The people of a register: who has which role on it, for its custodians; its administrators give and take roles."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request

from api import current, forgery, paging, signed_in
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.faults import Fault, beside, sentence
from api.pages.languages.saying import gettext
from api.pages.rendering import page, see, worded
from api.permissions import Permission
from people import accounts, roles
from people.accounts import Account
from people.roles import ROLES, Held, Wanted
from registers import snapshot
from registers.errors import Conflict, Forbidden, Invalid, NotFound
from registers.store.engine import Transaction
from review import alone

PATH = "/registers/<segment:register>/people"
routes = blueprint("people", "The people of each register")


@dataclass(frozen=True, slots=True)
class Row:
    """A role on the register, or on all, and who has it."""

    held: Held
    account: Account


@routes.resource(PATH, permission=Permission.SEE_PEOPLE, caching=Caching.NO_STORE, answer=PAGE)
def show_people(register: str) -> Response:
    """Show who has a role on a register"""
    return _people(register, [])


@routes.resource(PATH, permission=Permission.GIVE_ROLES, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_people(register: str) -> Response:
    """Give a role on a register, or take one away"""
    wanted = Wanted(request.form.get("person", "").strip(), request.form.get("role", ""), register)
    act = roles.revoke if request.form.get("action") == "revoke" else roles.grant
    try:
        _check_chosen(wanted)
        act(current.store(), wanted, signed_in.account().id, within=True)
    except (Conflict, NotFound) as error:
        return _people(register, [Fault("person", sentence(error))])
    except Invalid as error:
        return _people(register, [Fault("role", sentence(error))])
    return see(paging.full_path("pages-people.show_people", register=register))


@routes.resource(
    "/registers/<segment:register>/policy",
    permission=Permission.GIVE_ROLES,
    caching=Caching.NO_STORE,
    answer=PAGE,
    sent=FORM,
)
def send_policy(register: str) -> Response:
    """Let the custodian of a register decide alone, or ask for another again"""
    is_direct = request.form.get("policy") == "direct"
    try:
        alone.decide_alone(current.store(), register, is_direct, signed_in.account().id, within=True)
    except Conflict as error:
        return _people(register, [Fault("policy", sentence(error))])
    return see(paging.full_path("pages-people.show_people", register=register))


def _check_chosen(wanted: Wanted) -> None:
    if wanted.role not in ROLES:
        raise Invalid(gettext("Choose a role"))
    if not wanted.who:
        raise NotFound(gettext("Give the person’s e-mail, or the id of their account"))


def _people(name: str, faults: list[Fault]) -> Response:
    with current.store().reading() as tx:
        register = snapshot.find_register(tx, name)
        definition = snapshot.read_definition(tx, register)
        rows = [Row(each, accounts.get(tx, each.account)) for each in roles.on_register(tx, register.id)]
        gives, deciding = _gives(tx, register.id), alone.warning_of(tx, register)
    return page(
        "people/people.html",
        status=400 if faults else 200,
        name=name,
        title=catalogue.title_of(definition) if definition else name,
        is_published=register.status == "published",
        rows=sorted(rows, key=lambda row: (-list(ROLES).index(row.held.role), row.account.name)),
        gives=gives,
        deciding=deciding,
        is_direct=register.is_direct,
        may_be_direct=register.tier != "critical",
        items=[
            {"value": role, "text": worded(role), "hint": {"text": gettext("May %(may)s", may=may)}}
            for role, may in ROLES.items()
        ],
        faults=faults,
        wrong=beside(faults),
        typed=request.form,
        token=forgery.token(signed_in.shown()),
    )


def _gives(tx: Transaction, register_id: int) -> bool:
    try:
        roles.check(tx, signed_in.account().id, "administrator", register_id)
    except Forbidden:
        return False
    return True
