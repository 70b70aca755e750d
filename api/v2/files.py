"""Whole registers as files, each under the URL of its state: made once, and served as fast as a file can be.

    download/{file}                 → where it is for the present state, or the one that `at` asks for
    download/{size}/{file}            the file; manifest.json is one of them, and so are descriptions of CSV files
    download/{size}/{file}/status     whether it is made, for those who were told to wait
    download/{size}/{file}/proof      that it belongs to the release of its state

A text that is not made yet is sent as it is made. Other files are made at once by `registers work`; until then the
answer is 202, with where to ask and when. Old states whose files were taken away are made again in the same way.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, request
from marshmallow import Schema

from api import current, paths
from api.caching import Caching
from api.negotiation import JSON, asked, respond
from api.paging import full_path
from api.parameters import at_parameter, path_number
from api.permissions import Permission
from api.v2 import file_documents as documents
from api.v2 import sending, standing
from api.v2.blueprints import PREFIX, blueprint
from bulk import wanted
from bulk.describing import beside
from bulk.describing.csvw import MEDIA_TYPE, SUFFIX
from bulk.kinds import Kind, find_kind
from bulk.releases import MANIFEST, Release, release_of
from bulk.source import Source, source_of, take_published
from bulk.wanted import Wish
from registers.canonical import canonical_json

WAIT = 2  # seconds after which to ask again
routes = blueprint("files", "Whole registers as files", PREFIX, documents.PATH_PARAMETERS)


class StateQuery(Schema):
    """Which state."""

    at = at_parameter()


@routes.resource(
    "/<segment:register>/download/<segment:file>",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.PLACE,
    query=StateQuery,
)
def find_file(query: dict[str, Any], register: str, file: str) -> Response:
    """Find a file of the register as it is now

    It leads to the URL of the file's state, which stays the same when the register moves on.
    """
    source = _source(register, query["at"])
    name = _whole(file)
    if name not in (MANIFEST, *beside.NAMES):
        find_kind(source.definition, name)
    place = _path("download_file", source, name)
    return Response(status=302, headers={"Location": place}, content_type=asked().content_type)


@routes.resource(
    "/<segment:register>/download/<segment:size>/<segment:file>",
    permission=Permission.PUBLIC,
    caching=Caching.FILE,
    answer=documents.FILE,
)
def download_file(register: str, size: str, file: str) -> Response:
    """Download a file of the register at a size

    `Range` and `If-Range` go on with a download that was interrupted; the ETag is the SHA-256 of the bytes. A text that
    is not made yet is sent as it is made, without either; for other files the answer is 202 until they are made, and so
    it is for a text, to who sends `Prefer: respond-async` (RFC 7240).
    """
    source, name = _source(register, str(path_number(size))), _whole(file)
    release = _release(source)
    if name == MANIFEST:
        return _send_text(release.manifest().to_json(), JSON.content_type)
    if name in beside.NAMES:
        return _send_text(beside.describe(name, source, release.manifest()), _described_as(name))
    kind = find_kind(source.definition, name)
    return _describe(_send_made(source, release, kind) or _send_unmade(source, kind), source, name)


def _send_made(source: Source, release: Release, kind: Kind) -> Response | None:
    """The file, if it is made."""
    found = release.find(kind.name)
    if not found:
        return None
    try:
        return sending.send(*found, kind, sending.file_name(source.state, kind))
    except FileNotFoundError:  # it was taken away this very moment
        return None


def _send_unmade(source: Source, kind: Kind) -> Response:
    kind.check(source)
    waits = "respond-async" in request.headers.get("Prefer", "").lower()
    if kind.format.is_text and not kind.compression and not waits:
        return sending.stream(kind.lines(source), kind.content_type, sending.file_name(source.state, kind))
    wanted.ask(current.files_folder(), _wish(source, kind))
    place = _path("show_file_status", source, kind.name)
    told = _status(source, kind, "waiting")
    headers = {"Retry-After": str(WAIT), "Location": place} | ({"Preference-Applied": "respond-async"} if waits else {})
    return Response(canonical_json(told), 202, headers, content_type=JSON.content_type)


def _describe(response: Response, source: Source, name: str) -> Response:
    """Say where a table is described, if it is one."""
    described = f"{name}{SUFFIX}"
    if described in beside.NAMES:
        target = _path("download_file", source, described)
        response.headers.add("Link", f'<{target}>; rel="describedby"; type="{MEDIA_TYPE}"')
    return response


def _described_as(name: str) -> str:
    return MEDIA_TYPE if name.endswith(SUFFIX) else JSON.content_type


def _send_text(text: str, content_type: str) -> Response:
    """A small text that changes when files are made."""
    response = Response(text, content_type=content_type)
    response.set_etag(hashlib.sha256(text.encode()).hexdigest(), weak=True)
    response.make_conditional(request.environ)
    return response


@routes.resource(
    "/<segment:register>/download/<segment:size>/<segment:file>/status",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=documents.STATUS,
)
def show_file_status(register: str, size: str, file: str) -> Response:
    """Show whether a file is made

    `made`, `waiting` to be made, or `absent`: nobody has asked for it, or it could not be made.
    """
    source = _source(register, str(path_number(size)))
    kind = find_kind(source.definition, file)
    waits = "waiting" if wanted.is_waiting(current.files_folder(), _wish(source, kind)) else "absent"
    made = _release(source).find(kind.name)
    return respond([canonical_json(_status(source, kind, "made" if made else waits))])


@routes.resource(
    "/<segment:register>/download/<segment:size>/<segment:file>/proof",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=documents.PROOF,
)
def show_file_proof(register: str, size: str, file: str) -> Response:
    """Prove that a file belongs to the release of its state

    The leaf is what the manifest says of the file; the root of the tree, over the state and all files, is the
    manifest's `files-root-hash` of this moment (RFC 6962 §2.1).
    """
    source = _source(register, str(path_number(size)))
    manifest = _release(source).manifest()
    place, path = manifest.prove(file)
    leaves = manifest.leaves()
    told = {
        "leaf": leaves[place],
        "leaf-index": place,
        "tree-size": len(leaves),
        "state": leaves[0],
        "audit-path": [each.hex() for each in path],
        "files-root-hash": manifest.root().hex(),
    }
    return respond([canonical_json(told)])


def _source(register: str, at: str | None) -> Source:
    """The register at a state; the answer will name it."""
    with current.store().reading() as tx:
        source = source_of(current.store(), take_published(tx, register, at))
        standing.name_state(standing.headers_of(source.taken), None)
    return source


def _release(source: Source) -> Release:
    return release_of(current.files_folder(), source.register.id, source.state)


def _wish(source: Source, kind: Kind) -> Wish:
    return Wish(source.state.register, source.state.size, kind.name)


def _whole(file: str) -> str:
    """The name of a file as it was asked for: `.csv` and `.json` were taken off as formats on the way here."""
    suffix = request.environ.get(paths.SUFFIX)
    return f"{file}.{suffix}" if suffix else file


def _path(view: str, source: Source, file: str) -> str:
    return full_path(f"v2-files.{view}", register=source.state.register, size=str(source.state.size), file=file)


def _status(source: Source, kind: Kind, status: str) -> dict[str, object]:
    return {
        "file": kind.name,
        "size": source.state.size,
        "status": status,
        "url": _path("download_file", source, kind.name),
    }
