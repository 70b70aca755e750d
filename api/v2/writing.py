"""Writing to registers: append to them, make them, define them further, publish, rename, retire and drop them.

Each takes an API key with the scope `direct`, is an act of its own, whole or not at all, and is made in the key's name.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response
from marshmallow import Schema

from api import bodies, current, following, paging, permissions
from api.caching import Caching
from api.negotiation import respond
from api.parameters import WholeNumber
from api.permissions import Permission
from api.v2 import writing_documents as documents
from api.v2.blueprints import blueprint
from api.v2.items import changes_sent
from registers import definition as definitions
from registers import lifecycle, naming, restating, snapshot
from registers.canonical import canonical_json
from registers.definition import FIELD_MEMBERS, Definition
from registers.entry import shortened
from registers.errors import Invalid
from registers.store import registers
from registers.v2.hashing import hash_text

routes = blueprint(
    "writing",
    "Writing to registers, with an API key of the scope `direct`",
    path_parameters=documents.PATH_PARAMETERS,
)
DESCRIBED = restating.MEMBERS


class AppendQuery(Schema):
    """What an append may ask of the register."""

    at = WholeNumber(None, "How many entries the register has to have; if it has not, nothing is appended", minimum=0)


@routes.resource(
    "/<segment:register>/entries",
    permission=Permission.APPEND,
    caching=Caching.NO_STORE,
    answer=documents.APPENDED,
    query=AppendQuery,
    sent=documents.ITEMS_SENT,
)
def append_entries(query: Mapping[str, int | None], register: str) -> Response:
    """Append items to a register

    All of them or none. An item that is its key's record already is refused. With `at`, they are appended only to
    a register that has so many entries.
    """
    changes = changes_sent(_definition(register))
    made = lifecycle.append(current.store(), register, changes, permissions.authority(), size=query["at"])
    following.follow(register)
    members = {
        "register": register,
        "revision": made.revision.number,
        "first-entry": made.first,
        "last-entry": made.revision.entries,
        "size": made.revision.entries,
        "root-hash": hash_text(made.revision.v2_root),
    }
    place = paging.full_path("v2-entries.show_entry", register=register, number=str(made.first))
    return _created(members, place)


@routes.resource(
    "",
    permission=Permission.CREATE,
    caching=Caching.NO_STORE,
    answer=documents.CREATED,
    sent=documents.REGISTER_SENT,
)
def create_register() -> Response:
    """Create a register

    As a draft, which nobody sees until it is published.
    """
    members = bodies.read_object((*DESCRIBED, "register", "key-field", "fields"), ("register", "fields"))
    for member in members.keys() - {"fields"}:
        bodies.text_of(members, member)
    name = definitions.check_name(members["register"])
    permissions.check_register(name)
    definition = definitions.from_yaml(_with_fields(members))
    operator = current.settings().operator
    made = lifecycle.create(current.store(), definition, permissions.authority(), operator)
    answered = {"register": name, "status": made.status, "key-field": made.key_field, "origin": made.origin}
    return _created(answered, paging.full_path("v2-writing.describe_register", register=name))


@routes.resource(
    "/<segment:register>/fields",
    permission=Permission.DEFINE,
    caching=Caching.NO_STORE,
    answer=documents.FIELD_ADDED,
    sent=documents.FIELD_SENT,
)
def add_field(register: str) -> Response:
    """Add a field to a register

    After those it has. A field that was added to a published register is never changed or taken away.
    """
    field = definitions.field_from(_field(bodies.read_object(FIELD_MEMBERS, ("field",))))
    made = lifecycle.add_field(current.store(), register, field, permissions.authority())
    following.follow(register)
    fields = _definition(register).field_names
    answered = {"register": register, "fields": fields, "revision": made.revision.number}
    return _created(answered, paging.full_path("v2-metadata.show_metadata", register=register))


@routes.resource(
    "/<segment:register>",
    permission=Permission.DEFINE,
    caching=Caching.NO_STORE,
    answer=documents.DESCRIBED,
    sent=documents.DESCRIPTION_SENT,
)
def describe_register(register: str) -> Response:
    """Change what a register says of itself

    Only what differs is written; when nothing does, nothing is.
    """
    given = bodies.read_object(DESCRIBED)
    members = {member: bodies.text_of(given, member).strip() for member in given}
    before = _definition(register)
    made = lifecycle.describe(current.store(), register, members, permissions.authority())
    changed = [member for member, text in sorted(members.items()) if before.said(member) != text]
    return _done(
        {"register": register, "changed": changed if made else [], "revision": made.revision.number if made else None}
    )


@routes.resource(
    "/<segment:register>/publish",
    permission=Permission.PUBLISH,
    caching=Caching.NO_STORE,
    answer=documents.PUBLISHED,
    sent=documents.NOTHING_SENT,
)
def publish_register(register: str) -> Response:
    """Publish a draft

    For good: from then on nothing in it is ever changed or deleted.
    """
    made = lifecycle.publish(current.store(), register)
    following.follow(register)
    return _done({"register": register, "status": made.status})


@routes.resource(
    "/<segment:register>",
    permission=Permission.DROP,
    caching=Caching.NO_STORE,
    answer=documents.DROPPED,
    sent=documents.DELETE,
)
def drop_register(register: str) -> Response:
    """Drop a draft

    With all it holds. A register that was published cannot be dropped.
    """
    lifecycle.drop(current.store(), register)
    return _done({"register": register, "dropped": True})


@routes.resource(
    "/<segment:register>/rename",
    permission=Permission.RENAME,
    caching=Caching.NO_STORE,
    answer=documents.RENAMED,
    sent=documents.NAME_SENT,
)
def rename_register(register: str) -> Response:
    """Give a register another name

    Its addresses under the old name lead to the new one, and no other register can ever have that name.
    """
    new = bodies.text_of(bodies.read_object(("register",), ("register",)), "register")
    made = naming.rename(current.store(), register, new, permissions.authority())
    with current.store().reading() as tx:
        former = registers.former_names(tx.connection, made.id)
    return _done({"register": made.name, "former-names": former})


@routes.resource(
    "/<segment:register>/retire",
    permission=Permission.RETIRE,
    caching=Caching.NO_STORE,
    answer=documents.RETIRED,
    sent=documents.SUCCESSOR_SENT,
)
def retire_register(register: str) -> Response:
    """Retire a register

    For good: it answers 410, and names its successor, if it has one: a register here, or a URL.
    """
    given = bodies.read_object(("successor",))
    successor = None if given.get("successor") is None else bodies.text_of(given, "successor")
    made = naming.retire(current.store(), register, successor)
    return _done({"register": register, "status": made.status, "successor": made.successor})


# What the views share


def _definition(register: str) -> Definition:
    with current.store().reading() as tx:
        found = snapshot.read_definition(tx, snapshot.find_register(tx, register))
    if found is None:
        raise Invalid(f"the register {register} has no definition yet")
    return found


def _with_fields(members: dict[str, object]) -> dict[str, object]:
    fields = members["fields"]
    if not isinstance(fields, list):
        raise Invalid(f"fields: is a list of fields, not {shortened(fields)}")
    return members | {"fields": [_field(field) for field in fields]}


def _field(field: object) -> object:
    """A field as it was sent, whose members are text; or its name alone, which stands for the plainest field."""
    if isinstance(field, dict):
        for member in field:
            bodies.text_of(field, member)
    return field


def _done(members: Mapping[str, object]) -> Response:
    return respond([canonical_json(members)])


def _created(members: Mapping[str, object], place: str) -> Response:
    answer = _done(members)
    answer.status_code = 201
    answer.headers["Location"] = place
    return answer
