"""Which registers there are."""

from __future__ import annotations

from flask import Response

from api import current, paging, state
from api.caching import Caching
from api.negotiation import respond
from api.permissions import Permission
from api.reading import definition_of
from api.v2 import documents, standing
from api.v2.blueprints import blueprint
from registers import snapshot
from registers.entry import timestamp_text
from registers.snapshot import Snapshot
from registers.store import registers
from registers.v2 import shapes

routes = blueprint("registers", "Which registers there are")
# The resources that the listing links to: the name of the link, and the view.
LINKED = {
    "context": "v2-context.show_context",
    "records": "v2-records.list_records",
    "entries": "v2-entries.list_entries",
    "blobs": "v2-blobs.list_blobs",
    "changes": "v2-changes.list_changes",
    "metadata": "v2-metadata.show_metadata",
    "proof": "v2-proofs.show_root",
    "download-rsf": "v2-downloads.download_rsf",
    "catalogue": "v2-described.show_dataset",
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
        taken = [snapshot.take(tx, register) for register in registers.find_published(tx.connection)]
        state.rest_on(taken, "registers")  # which there are, no state of theirs tells
        return respond([shapes.compact({"registers": [_listed(each) for each in taken]})])


@routes.resource(
    "/<segment:register>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.REGISTER,
)
def show_register(register: str) -> Response:
    """Show one register as the list has it, with links to what there is of it"""
    with standing.reading(register, linked=False) as taken:
        return respond([shapes.compact(_listed(taken))])


def _listed(taken: Snapshot) -> dict[str, object]:
    definition = definition_of(taken)
    name, updated = taken.register.name, taken.last_updated
    return {
        "register": name,
        "title": definition.title or shapes.readable(name),
        "text": definition.text,
        "custodian": definition.custodian,
        "phase": definition.phase,
        "total-records": taken.total_records,
        "total-entries": taken.size,
        **({} if updated is None else {"last-updated": timestamp_text(updated)}),
        "links": {link: paging.full_path(view, register=name) for link, view in LINKED.items()},
    }
