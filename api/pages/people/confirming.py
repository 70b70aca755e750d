"""The page that a link in an e-mail leads to. To open it changes nothing: programs that look at mails open links."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from api import cookies, current, forgery, signed_in
from api.caching import Caching
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.people.signing_in import way_back
from api.pages.rendering import page, see, with_query
from api.permissions import Permission
from people import links
from people.accounts import NAMELESS
from registers.errors import Conflict, Gone, Unauthorized

routes = blueprint("confirming", "Confirming an e-mail")


class ConfirmQuery(Schema):
    """The link's own part."""

    link = fields.String(required=True, metadata={"description": "What the link was sealed with"})


@routes.resource("/confirm", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, query=ConfirmQuery)
def show_confirm(query: dict[str, Any]) -> Response:
    """Show whose e-mail a link confirms"""
    invitation = _read(query["link"])
    found = signed_in.session()
    other = found.account if found and found.account.email != invitation.email else None
    shown = {"invitation": invitation, "link": query["link"], "other": other, "nameless": NAMELESS}
    return page("people/confirm_email.html", token=forgery.token(), **shown)


@routes.resource("/confirm", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_confirm() -> Response:
    """Confirm the e-mail, and begin a session"""
    text = request.form.get("link", "")
    invitation = _read(text)
    try:
        signed_in.begin(links.follow(current.store(), current.secret(), text, cookies.read(cookies.SESSION)))
    except Conflict as error:
        raise Gone(str(error)) from None
    return see(with_query(way_back(invitation.following), draft=invitation.draft))


def _read(text: str) -> links.Invitation:
    """What a link says. Raises Invalid for one that is not ours, Gone for one that is over."""
    try:
        return links.read(current.secret(), text, current.store().clock())
    except Unauthorized as error:
        raise Gone(str(error)) from None
