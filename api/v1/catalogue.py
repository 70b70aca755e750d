"""Which registers there are, and what each is."""

from __future__ import annotations

from flask import Response

from api import current, paging
from api.caching import Caching
from api.negotiation import respond
from api.permissions import Permission
from api.reading import definition_of, reading
from api.v1 import documents
from api.v1.blueprints import blueprint
from registers import snapshot
from registers.entry import timestamp_text
from registers.errors import Corrupt
from registers.snapshot import Snapshot
from registers.store import registers
from registers.v1 import shapes

routes = blueprint("registers", "Which registers there are, and what each is")
# The resources that the listing links to: the name of the link, and the view.
LINKED = {
    "register": "registers.show_register",
    "records": "records.list_records",
    "entries": "entries.list_entries",
    "proof": "proofs.show_root",
    "download-rsf": "downloads.download_rsf",
    "download-register": "archive.download_register",
}


@routes.resource(
    "",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.REGISTERS,
)
def list_registers() -> Response:
    """List the registers

    Those that are published, by name.
    """
    with current.store().reading() as tx:
        listed = [_listed(snapshot.take(tx, register)) for register in registers.find_published(tx.connection)]
    return respond(['{"registers":[', ",".join(map(shapes.compact, listed)), "]}"])


def _listed(taken: Snapshot) -> dict[str, object]:
    definition = definition_of(taken)
    name, updated = taken.register.name, taken.last_updated
    return {
        "register": name,
        "title": definition.title,
        "text": definition.text,
        "custodian": definition.custodian,
        "phase": definition.phase,
        "total-records": taken.total_records,
        "total-entries": taken.size,
        **({} if updated is None else {"last-updated": timestamp_text(updated)}),
        "links": {link: paging.full_path(view, register=name) for link, view in LINKED.items()},
    }


@routes.resource(
    "/<segment:register>/register",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.REGISTER,
)
def show_register(register: str) -> Response:
    """Show what a register is

    How many records and entries it has, who keeps it, its fields, when it was last updated.
    """
    with reading(register) as taken:
        return respond([shapes.compact(summary(taken))])


def summary(taken: Snapshot) -> dict[str, object]:
    """The summary of a register."""
    definition = definition_of(taken)
    found = snapshot.metadata_items(taken.tx, taken.register.id)
    described = [item for key, item in found.items() if key.startswith("register:")]
    if not described:
        raise Corrupt(f"the register {taken.register.name} has no register item")
    return shapes.register(taken, definition, described[-1], current.settings().operator)
