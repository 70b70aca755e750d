"""Plans over HTTP: what a file would change in a register, without a write; and a plan appended as it was shown.

A file is the body, and the source says how it is read. By default that is a table whose columns are called like the
register's fields.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api import current, following, paging, permissions, uploads
from api.caching import Caching
from api.negotiation import respond
from api.permissions import Permission
from api.v2 import loading_documents as documents
from api.v2.blueprints import blueprint
from loaders import loading, planning, repeating
from loaders.planning import Planned
from loaders.repeating import File
from loaders.source import Source
from loaders.sources import EMBEDDED, NAMES, find
from registers import plan, snapshot
from registers.canonical import canonical_json
from registers.errors import Invalid, TooLarge
from registers.plan import Difference
from registers.v2.hashing import hash_text
from review import proposals

MOST_SHOWN = 1000  # changes told field by field; the plan has all
# Sources of files that need nothing said beside; boundaries do, and a library that serving has no use for.
FILED = [name for name in NAMES if name not in (*EMBEDDED, "boundaries")]
TABLE = "table"
routes = blueprint(
    "plans", "Plans: what a file would change, and then exactly that", path_parameters=documents.PATH_PARAMETERS
)


class PlanQuery(Schema):
    """How the file is read."""

    source = fields.String(
        load_default=TABLE,
        validate=OneOf(FILED, error=f"is one of {', '.join(FILED)}"),
        metadata={"description": "What kind of file it is"},
    )
    as_at = fields.Date(load_default=None, data_key="as-at", metadata={"description": "The day to date entries to"})
    complete = fields.String(
        load_default="no",
        validate=OneOf(["yes", "no"], error="is yes or no"),
        metadata={"description": "Whether a table has all records, so that those it lacks have ended"},
    )


@routes.resource(
    "/<segment:register>/plans",
    permission=Permission.PLAN,
    caching=Caching.NO_STORE,
    answer=documents.PLANNED,
    query=PlanQuery,
    sent=documents.FILE_SENT,
)
def plan_file(query: Mapping[str, Any], register: str) -> Response:
    """Plan what a file would change

    Nothing is written. The answer has the plan, to be applied with `plans/apply` or proposed with `/v2/proposals`.
    """
    with current.store().reading() as tx:
        found = snapshot.find_register(tx, register)
        definition = snapshot.read_definition(tx, found)
    source = find(query["source"])
    if source.plain:
        if definition is None:
            raise Invalid(f"the register {register} has no definition yet")
        source = source.plain(definition, query["complete"] == "yes")
    elif query["complete"] == "yes":
        raise Invalid("complete=yes is for a table; what another source is complete for, it knows itself")
    elif source.about.register not in ("", register):
        raise Invalid(f"the source {query['source']} is of the register {source.about.register}, not of {register}")
    with tempfile.TemporaryDirectory() as folder:
        file = _received(Path(folder), register, source, query["as_at"])
        with loading.plan(current.store(), source, file, lambda _done, _total: None) as made:
            if made.size > proposals.LIMIT:
                most = f"{proposals.LIMIT // 2**20} MB"
                raise TooLarge(f"the plan is over {most}: plan the file at the terminal, or send a part of it")
            return respond([canonical_json(_members(made))])


def _received(folder: Path, register: str, source: Source, as_at: date | None) -> File:
    """The body as a file, named for what it is said to be."""
    path = folder / ("body.csv" if request.mimetype == "text/csv" else "body")
    with uploads.uploaded() as stream, path.open("wb") as stored:
        shutil.copyfileobj(stream, stored, uploads.BLOCK)
    digest = repeating.digest_of(path)
    options = {"register": register} if "register" in source.options else {}
    return File(path, digest, options, as_at)


def _members(made: Planned) -> dict[str, Any]:
    shown = [_change(each) for each in islice(planning.differences(current.store(), made), MOST_SHOWN)]
    return {
        "register": made.header.register,
        "sha-256": made.digest,
        **made.counts.members(),
        "warnings": made.warnings,
        "notes": made.notes,
        "changes": shown,
        "fields-added": made.fields_added,
        "plan": b"".join(made.lines()).decode(),
    }


def _change(each: Difference) -> dict[str, Any]:
    return {"key": each.key, "change": each.kind, "name": each.name, "fields": {**each.fields}}


@routes.resource(
    "/<segment:register>/plans/apply",
    permission=Permission.APPEND,
    caching=Caching.NO_STORE,
    answer=documents.APPLIED,
    sent=documents.PLAN_SENT,
)
def apply_plan(register: str) -> Response:
    """Append a plan

    Exactly as it was made, whole or not at all. It is refused when a record that it changes has moved on since.
    """
    store = current.store()
    with uploads.uploaded(proposals.LIMIT) as stream:
        _check_is_for(stream, register)
        made = loading.apply(store, stream, permissions.authority(), current.settings().operator)
    following.follow(register)
    if made.revision is None:
        raise Invalid("the plan has no change in it")
    members = {
        "register": register,
        "revision": made.revision.number,
        "first-entry": made.revision.entries - made.entries + 1,
        "last-entry": made.revision.entries,
        "size": made.revision.entries,
        "root-hash": hash_text(made.revision.v2_root),
    }
    answer = respond([canonical_json(members)])
    answer.status_code = 201
    number = str(members["first-entry"])
    answer.headers["Location"] = paging.full_path("v2-entries.show_entry", register=register, number=number)
    return answer


def _check_is_for(stream: BinaryIO, register: str) -> None:
    """Raise Invalid unless the plan is for the register in the path, which the key was held against."""
    header, _ = plan.read(plan.lines_of(stream))
    if header.register != register:
        raise Invalid(f"the plan is for the register {header.register}, not for {register}")
