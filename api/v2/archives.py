"""All published registers in one archive, under the URL of their states: served as the files of one register are.

    /v2/download/all.zip                    → where it is for the present states
    /v2/download/{state}/all.zip              the archive
    /v2/download/{state}/all.zip/status       whether it is made, for those who were told to wait

Only the archive of the present states can be made: what the states were is not in the URL. Older ones are there for as
long as they are kept, unless a value was redacted, a field added or a register retired since: then they are not what is
published any more.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Response

from api import current
from api.caching import Caching
from api.negotiation import JSON, asked, respond
from api.paging import full_path
from api.permissions import Permission
from api.v2 import file_documents as documents
from api.v2 import sending
from api.v2.blueprints import blueprint
from api.v2.files import WAIT
from bulk import archives, wanted
from bulk.archives import ARCHIVE, WISH
from bulk.manifest import File, described
from bulk.releases import Release
from bulk.source import States
from registers.canonical import canonical_json
from registers.entry import shortened
from registers.errors import NotFound

routes = blueprint("archives", "All registers in one file", "/v2/download", documents.PATH_PARAMETERS)
_ELSEWHERE = "/v2/download/all.zip leads to that of the present"
_STATE = re.compile(r"[0-9]{1,9}-[0-9a-f]{16}")


@routes.resource(
    "/all.zip",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=documents.ARCHIVE_PLACE,
)
def find_archive() -> Response:
    """Find the archive of all registers as they are now

    It leads to the URL of their states, which another takes the place of when a register moves on.
    """
    place = _path("download_archive", _present().name)
    return Response(status=302, headers={"Location": place}, content_type=asked().content_type)


@routes.resource(
    "/<segment:state>/all.zip",
    permission=Permission.PUBLIC,
    caching=Caching.FILE,
    answer=documents.ARCHIVE,
)
def download_archive(state: str) -> Response:
    """Download the archive of all registers at their states

    The history of each as v2 RSF, its records as CSV, and a manifest. `Range` and `If-Range` go on with a download that
    was interrupted; the ETag is the SHA-256 of the bytes. The answer is 202 until it is made.
    """
    if sent := _send_made(state):
        return sent
    _check_present(state)
    wanted.ask(current.files_folder(), WISH)
    headers = {"Retry-After": str(WAIT), "Location": _path("show_archive_status", state)}
    return Response(canonical_json(_status(state, "waiting")), 202, headers, content_type=JSON.content_type)


@routes.resource(
    "/<segment:state>/all.zip/status",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=documents.ARCHIVE_STATUS,
)
def show_archive_status(state: str) -> Response:
    """Show whether the archive of all registers is made

    `made`, `waiting` to be made, or `absent`: nobody has asked for it, or it could not be made.
    """
    made = _find(state)
    if not made:
        _check_present(state)
    waits = "waiting" if wanted.is_waiting(current.files_folder(), WISH) else "absent"
    return respond([canonical_json(_status(state, "made" if made else waits))])


def _send_made(state: str) -> Response | None:
    """The archive, if it is made."""
    found = _find(state)
    if not found:
        return None
    days = [str(each["time"])[:10] for each in _release(state).manifest().state["registers"]]
    name = "-".join(["registers", *filter(None, [max(days, default="")])])
    try:
        return sending.send(*found, ARCHIVE, f"{name}.zip")
    except FileNotFoundError:  # it was taken away this very moment
        return None


def _find(state: str) -> tuple[Path, File] | None:
    """The archive and what its manifest says of it, if it is made and is still what is published."""
    release = _release(state)
    present = {each["register"]: each["metadata-root-hash"] for each in described(_present())["registers"]}
    told = release.manifest().state["registers"]
    still = all(present.get(each["register"]) == each["metadata-root-hash"] for each in told)
    return release.find(ARCHIVE.name) if still else None


def _present() -> States:
    with current.store().reading() as tx:
        return archives.states_of(tx)


def _check_present(state: str) -> None:
    """Raise NotFound for states that are not the present ones, of which nothing can be made."""
    if state != _present().name:
        raise NotFound(f"the archive {shortened(state)} is not kept, or never was; {_ELSEWHERE}")


def _release(state: str) -> Release:
    """The release under a name. Raises NotFound for what is no name of one."""
    if not _STATE.fullmatch(state):
        raise NotFound(f"there is no archive {shortened(state)}; {_ELSEWHERE}")
    return Release(current.files_folder() / archives.ALL / state, States(()))


def _path(view: str, state: str) -> str:
    return full_path(f"v2-archives.{view}", state=state)


def _status(state: str, status: str) -> dict[str, object]:
    url = _path("download_archive", state)
    return {"file": ARCHIVE.name, "state": state, "status": status, "url": url}
