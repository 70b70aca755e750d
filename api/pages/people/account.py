"""Your account: who you are here, what you may do, what was decided about you, another password, the way out."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api import current, forgery, paging, signed_in
from api.caching import Caching
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.faults import Fault, beside, sentence
from api.pages.languages.saying import gettext
from api.pages.people import mails
from api.pages.people.signing_in import attempted
from api.pages.rendering import page, see
from api.permissions import Permission
from people import access, accounts, roles, sign_in
from people.passwords import SHORTEST
from people.roles import ROLES
from people.sessions import BY_LINK, Session
from registers.errors import Invalid, TooOften, Unauthorized

LATEST = 10  # decisions that are shown
FRESH = 10 * 60  # seconds of a session in which a password may be chosen without the one of now
routes = blueprint("account", "Your account")


class AccountQuery(Schema):
    """What was just done, to say so."""

    changed = fields.String(
        load_default="",
        validate=OneOf(["password", "mails", "feed"], error="is password, mails or feed, or is left out"),
        metadata={"description": "What was changed"},
    )


@routes.resource("/account", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, query=AccountQuery)
def show_account(query: dict[str, Any]) -> Response:
    """Show your account"""
    return _account([], changed=query["changed"])


@routes.resource("/account/password", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_password() -> Response:
    """Choose another password"""
    try:
        _change(request.form.get("password", ""), request.form.get("new-password", ""))
    except Unauthorized:
        return _account([Fault("password", gettext("Check your password of now: it is wrong"))])
    except TooOften as error:
        return _account([Fault("password", sentence(error))], status=429)
    except Invalid as error:
        return _account([Fault("new-password", sentence(error, "password: ", "The new password "))])
    return see(paging.full_path("pages-account.show_account") + "?changed=password")


def _change(known: str, wanted: str) -> None:
    """Raises Unauthorized when what is known is not the password of now, Invalid for a new one that will not do."""
    mine = signed_in.session()
    if mine is None or _asks(mine):
        attempt = attempted(signed_in.account().email or "", known)
        sign_in.change_password(current.store(), current.secret(), attempt, wanted)
    elif _is_fresh(mine):
        accounts.set_password(current.store(), mine.account.id, wanted, mine.account.id, mine.digest)
    else:
        late = gettext(
            "A password can be chosen for %(minutes)s minutes after signing in: sign in again", minutes=FRESH // 60
        )
        raise Invalid(late)


def _asks(mine: Session) -> bool:
    """Whether the password of now is asked for: not of who has none, or has just come by a link to their e-mail."""
    return mine.account.has_password and not (mine.way == BY_LINK and _is_fresh(mine))


def _is_fresh(mine: Session) -> bool:
    return current.store().clock() < mine.created + FRESH


def _account(faults: list[Fault], status: int = 400, changed: str = "") -> Response:
    found, mine = signed_in.account(), signed_in.session()
    with current.store().reading() as tx:
        held = roles.held(tx, found.id)
        told = mails.shown(tx, found.id)
    return page(
        "people/account.html",
        status=status if faults else 200,
        account=found,
        held=held,
        asks=mine is None or _asks(mine),
        may=ROLES,
        decisions=access.page(current.store(), None, LATEST, found.id),
        shortest=SHORTEST,
        changed=changed,
        mails=told,
        faults=faults,
        wrong=beside(faults),
        token=forgery.token(signed_in.shown()),
    )
