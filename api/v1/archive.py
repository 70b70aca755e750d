"""A register as a ZIP file of JSON files, as it was published: for registers small enough to make one while asked.

    register.json, proof.json, item/<hex>.json, entry/<number>.json

The reference server put them at the root, the specification under a folder named after the register; both are had.
The same state gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api import current, paging
from api.caching import Caching
from api.negotiation import asked
from api.permissions import Permission
from api.reading import reading
from api.v1 import documents
from api.v1.blueprints import blueprint
from api.v1.catalogue import summary
from registers import redaction
from registers.entry import Entry, Region
from registers.errors import NotSupported
from registers.snapshot import Snapshot, stream_entries
from registers.store.engine import Store
from registers.v1 import shapes

routes = blueprint("archive", "Small registers as a ZIP file")
LAYOUTS = ("root", "directory")
IN_MEMORY = 4 * 1024 * 1024  # bytes; what is larger is put together on disk
BLOCK = 64 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP file can name


class ArchiveQuery(Schema):
    """How the files are laid out."""

    layout = fields.String(
        load_default="root",
        validate=OneOf(LAYOUTS, error=f"is one of {' and '.join(LAYOUTS)}"),
        metadata={"description": "Whether the files are at the root, or in a directory named after the register"},
    )


@routes.resource(
    "/<segment:register>/download-register",
    permission=Permission.PUBLIC,
    caching=Caching.DOWNLOAD,
    answer=documents.ARCHIVE,
    query=ArchiveQuery,
)
def download_register(query: dict[str, str], register: str) -> Response:
    """Download the register as a ZIP file

    register.json, proof.json, item/{hash}.json and entry/{number}.json. Only for registers that are not too
    large; download-rsf is for all.
    """
    with reading(register) as taken:
        _check_size(taken)
        rsf = paging.full_path("v2-downloads.download_rsf", register=taken.register.name)
        redaction.check_whole(taken.tx, taken.register, 1, taken.size, rsf)
        whole = {"register.json": summary(taken), "proof.json": shapes.register_proof(taken.root(), taken.size)}
        updated = taken.last_updated or 0
    folder = f"{taken.register.name}/" if query["layout"] == "directory" else ""
    files = _files(current.store(), taken, {name: shapes.compact(shape) for name, shape in whole.items()})
    answer = _send(_spool((folder + name, text) for name, text in files))
    answer.headers["Content-Disposition"] = f"attachment; filename={taken.register.name}-{updated * 1000}.zip"
    answer.headers["Content-Transfer-Encoding"] = "binary"
    return answer


def _check_size(taken: Snapshot) -> None:
    limit = current.settings().archive_limit
    if taken.size > limit:
        rsf = paging.full_path("downloads.download_rsf", register=taken.register.name)
        raise NotSupported(
            f"the register has {taken.size} entries, and archives are made of up to {limit}; download {rsf} instead"
        )


def _files(store: Store, taken: Snapshot, whole: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The files, by name: an item that both regions have is one file."""
    yield from whole.items()

    def every(region: Region, size: int) -> Iterator[Entry]:
        return stream_entries(store, taken.register.id, region, 1, size)

    seen: set[bytes] = set()
    for region, size in ((Region.METADATA, taken.head.metadata_entries), (Region.USER, taken.size)):
        for entry in every(region, size):
            if entry.digests["v1"] not in seen:
                seen.add(entry.digests["v1"])
                yield f"item/{entry.digests['v1'].hex()}.json", entry.body
    for entry in every(Region.USER, taken.size):
        yield f"entry/{entry.number}.json", shapes.entry(entry)


def _spool(files: Iterator[tuple[str, str]]) -> IO[bytes]:
    """The ZIP file, at its end. The caller closes it."""
    spool = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when it has been sent
    try:
        with ZipFile(spool, "w", ZIP_DEFLATED) as zipped:
            for name, text in files:
                file = ZipInfo(name, EPOCH)
                file.compress_type = ZIP_DEFLATED
                file.create_system, file.external_attr = 3, 0o100644 << 16  # a plain file, whatever made it
                zipped.writestr(file, text)
    except BaseException:
        spool.close()
        raise
    return spool


def _send(spool: IO[bytes]) -> Response:
    length = spool.tell()
    spool.seek(0)
    answer = Response(iter(lambda: spool.read(BLOCK), b""), content_type=asked().content_type)
    answer.content_length = length
    answer.call_on_close(spool.close)
    return answer
