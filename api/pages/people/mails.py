"""What somebody is told of by mail: chosen on their account, or turned off by a link in a mail without signing in.

To open the link changes nothing, for programs that look at mails open links; its button does, and so does a mail
program that is asked to (RFC 8058), which sends a form of its own to the same address. Neither relies on a cookie: the
link itself says whose mails it is about.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from api import current, paging, signed_in
from api.blueprint import Sent
from api.caching import Caching
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.languages.saying import gettext
from api.pages.rendering import page, see
from api.permissions import Permission
from notices import feed, wishes
from notices.wishes import KINDS, Refusal
from registers.errors import Gone, Unauthorized
from registers.store.engine import Transaction

ONE_CLICK = Sent(
    "POST",
    "The form of the page, or that of a mail program",
    "",
    {"application/x-www-form-urlencoded": "", "multipart/form-data": ""},
    16 * 1024,
    has_key=True,
)
routes = blueprint("mails", "What you are told of by mail")


class UnsubscribeQuery(Schema):
    """The link's own part."""

    link = fields.String(required=True, metadata={"description": "What the link was sealed with"})


@routes.resource("/account/mails", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_mails() -> Response:
    """Choose what to be told of by mail"""
    wishes.choose(current.store(), signed_in.account().id, request.form.getlist("mails"))
    return see(paging.full_path("pages-account.show_account") + "?changed=mails")


@routes.resource(
    "/unsubscribe", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, query=UnsubscribeQuery
)
def show_unsubscribe(query: dict[str, Any]) -> Response:
    """Ask whether mails of a kind are to end"""
    return _answer(query["link"], is_done=False)


@routes.resource(
    "/unsubscribe",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=PAGE,
    query=UnsubscribeQuery,
    sent=ONE_CLICK,
)
def send_unsubscribe(query: dict[str, Any]) -> Response:
    """End mails of a kind"""
    wishes.refuse(current.store(), _read(query["link"]))
    return _answer(query["link"], is_done=True)


@routes.resource("/account/feed", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_feed() -> Response:
    """Give your feed another address"""
    feed.renew(current.store(), signed_in.account().id)
    return see(paging.full_path("pages-account.show_account") + "?changed=feed")


def shown(tx: Transaction, account: str) -> dict[str, Any]:
    """What the page of an account shows: whether mails are sent, what can be chosen, and where the feed is."""
    on = wishes.wanted(tx, account)
    token = feed.address(tx, current.secret(), account)
    choices = [{"value": kind, "text": gettext(told_of), "checked": kind in on} for kind, told_of in KINDS.items()]
    path = paging.full_path("v2-personal-feed.show_personal_feed")
    return {"are_sent": current.settings().sends_mail, "choices": choices, "feed": f"{path}?link={token}"}


def _answer(link: str, is_done: bool) -> Response:
    return page("people/unsubscribe.html", link=link, told_of=gettext(KINDS[_read(link).kind]), is_done=is_done)


def _read(link: str) -> Refusal:
    """What a link says. Raises Invalid for one that is not ours, Gone for one that is over."""
    try:
        return wishes.read(current.secret(), link, current.store().clock())
    except Unauthorized as error:
        raise Gone(str(error)) from None
