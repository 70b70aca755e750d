"""Who may ask: every view names the permission it takes where it declares its route; a view without one is refused.

Everybody may read: that is `PUBLIC`, and takes nothing. On a page all else takes a person who is signed in, and who may
need a role on the register in the path: `signed_in` sees to that. In the API it takes a key (`Authorization: Bearer
KEY`) with the permission's scope, that is good for the register in the path. Loading RSF also takes the key as the
password of HTTP Basic, as its old clients send one; nothing else does, for browsers send that by themselves. A key in a
query string is never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from flask import g, request

from api import current
from people import access, api_keys
from people.api_keys import ApiKey
from registers.errors import Forbidden, Unauthorized
from registers.register import Authority

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([\x21-\x7e]+) *")
REALM = 'realm="registers"'


class Permission(Enum):
    """What a view asks of whoever calls it."""

    PUBLIC = "public"
    APPEND = "append"
    LOAD = "load"
    CREATE = "create"
    DEFINE = "define"
    PUBLISH = "publish"
    DROP = "drop"
    RENAME = "rename"
    RETIRE = "retire"
    REDACT = "redact"
    PLAN = "plan"
    PROPOSE = "propose"
    REVIEW = "review"
    PROPOSALS = "proposals"
    WEBHOOKS = "webhooks"
    API_KEYS = "api-keys"
    SIGNED_IN = "signed-in"
    SUGGEST = "suggest"
    SEE_PROPOSALS = "see proposals"
    SEE_PEOPLE = "see people"
    BAR = "bar people"
    GIVE_ROLES = "give roles"

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of which an API key needs one to have it; none for what everybody may do, or no key may."""
        return () if self.is_for_people else _SCOPES.get(self, ("direct",))

    @property
    def is_for_people(self) -> bool:
        """Whether it takes a person who is signed in."""
        return self in _ROLES

    @property
    def role(self) -> str | None:
        """The role that a person needs to have it, on the register in the path; None where it takes none."""
        return _ROLES.get(self)


_SCOPES: Mapping[Permission, tuple[str, ...]] = {
    Permission.PUBLIC: (),
    Permission.PLAN: ("direct", "propose"),
    Permission.PROPOSE: ("propose",),
    Permission.REVIEW: ("review",),
    Permission.PROPOSALS: ("propose", "review"),  # read them, and say something of them
    Permission.WEBHOOKS: ("webhooks",),
    Permission.API_KEYS: ("api-keys",),
}
_ROLES: Mapping[Permission, str | None] = {
    Permission.SIGNED_IN: None,
    Permission.SUGGEST: None,  # where mail is sent, the e-mail may be confirmed on the way
    Permission.SEE_PROPOSALS: "contributor",
    Permission.SEE_PEOPLE: "custodian",
    Permission.BAR: "custodian",
    Permission.GIVE_ROLES: "administrator",
}


def check(permission: Permission) -> None:
    """Return if whoever asks has the permission, for the register in the path if there is one.

    Raises Unauthorized without a good key, Forbidden for a key that is not for this.
    """
    if permission is Permission.PUBLIC:
        return
    if permission.is_for_people:
        raise TypeError(f"no API key has the permission {permission.value}: it is for pages")
    g.permission = permission
    text = _key(basic=permission is Permission.LOAD)
    if not text:
        scopes = " or ".join(permission.scopes)
        raise Unauthorized(f"this takes an API key with the scope {scopes}, as Authorization: Bearer KEY")
    g.api_key = api_keys.verify(current.store(), text)
    check_register((request.view_args or {}).get("register"))


def check_register(name: str | None) -> None:
    """Raise Forbidden unless the request's key may be used on a register, such as one that a body names.

    The access log has what is refused.
    """
    permission: Permission = g.permission
    try:
        api_keys.require(current.store(), api_key(), permission.scopes, name)
    except Forbidden as error:
        access.refuse(current.store(), permission.value, actor(), str(error))
        raise


def api_key() -> ApiKey:
    """The key of the present request, whose view takes one."""
    found: ApiKey = g.api_key
    return found


def actor() -> str:
    """In whose name the present request writes: an opaque id."""
    return api_key().actor


def authority(source: str = "api") -> Authority:
    """On whose authority the present request writes: what a key of this scope does is direct."""
    return Authority(actor(), "direct", source)


def challenges() -> list[tuple[str, str]]:
    """The headers that say how the present request may be let through (RFC 9110 §11.6.1)."""
    schemes = ["Bearer", "Basic"] if g.get("permission") is Permission.LOAD else ["Bearer"]
    return [("WWW-Authenticate", f"{scheme} {REALM}") for scheme in schemes]


def problems(permission: Permission) -> tuple[str, ...]:
    """The statuses, by name, with which a permission may be refused."""
    return ("UNAUTHORIZED", "FORBIDDEN") if permission.scopes else ()


def security(permission: Permission) -> dict[str, list[dict[str, list[str]]]]:
    """How openapi.yaml says what a permission takes."""
    if not permission.scopes:
        return {}
    schemes = ["apiKey", "basic"] if permission is Permission.LOAD else ["apiKey"]
    return {"security": [{scheme: []} for scheme in schemes]}


def _key(basic: bool) -> str | None:
    """The key that the request carries, if it does."""
    given = request.headers.get("Authorization", "")
    if not given.isascii():
        return None  # what would take Basic apart cannot read it
    if basic and request.authorization and request.authorization.type == "basic":
        return request.authorization.password
    found = _BEARER.fullmatch(given)
    return found[1] if found else None
