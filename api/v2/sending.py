"""How the bytes of a whole register are sent: a file that is there, or the text of one as it is made.

A file has its length, its SHA-256 as a strong ETag, and parts of it can be asked for, so that a download that was
interrupted goes on, also after a restart. A proxy that was set up for it is only told which file to send.

Text is sent in blocks as it is made. A failure on the way breaks the transfer, and what broke is never taken for whole:
HTTP/1.1 ends a chunked answer with a chunk of its own. HTTP/1.0 has no such end, so there the text is made first.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import SpooledTemporaryFile
from urllib.parse import quote

import flask
from flask import Response, request

from api import current
from bulk.building import blocks
from bulk.kinds import Kind
from bulk.manifest import File
from bulk.source import State

BLOCK = 64 * 1024
IN_MEMORY = 1024 * 1024  # bytes of a spool; more goes to the disk
INTERNAL = "/_files/"  # where nginx has the folder of files, for itself alone
# How files are called where they are kept, if that is no ending that programs know.
_ENDINGS = {"csv-excel": "excel.csv", "rsf-v1": "v1.rsf", "geoparquet": "geo.parquet"}


def file_name(state: State, kind: Kind) -> str:
    """What a download is called on the disk of its reader: by its register, what it is, and the day of its state."""
    named = [state.register, kind.what, *([state.time[:10]] if state.time else [])]
    ending = _ENDINGS.get(kind.format.name, kind.format.name)
    return f"{'-'.join(named)}.{ending}{'.' if kind.compression else ''}{kind.compression}"


def send(path: Path, file: File, kind: Kind, name: str) -> Response:
    """A file that is there, whole, in part, or not at all if the caller has it. Raises FileNotFoundError, or a 416."""
    asked = request.headers.get("Range", "")
    if "," in asked or not asked.lower().startswith("bytes="):
        # Several parts at once are not served, and other units are not to be understood (RFC 9110 §14.2): the whole is.
        request.environ.pop("HTTP_RANGE", None)
    sender = current.settings().bulk_sender
    response = _send_here(path, file, name) if sender == "self" else _have_sent(path, file, name, sender)
    response.content_type = kind.content_type
    return response


def _send_here(path: Path, file: File, name: str) -> Response:
    return flask.send_file(
        path.absolute(), "application/octet-stream", as_attachment=True, download_name=name, etag=file.sha256
    )


def _have_sent(path: Path, file: File, name: str, sender: str) -> Response:
    """An answer that a proxy fills with the file, parts of it too."""
    place = f"{INTERNAL}{quote('/'.join(path.parts[-3:]))}" if sender == "x-accel-redirect" else str(path.absolute())
    response = Response()
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.set_etag(file.sha256)
    response.make_conditional(request.environ)
    if response.status_code == 200:  # a proxy would send the file to who has it, too
        response.headers[sender.title()] = place
    return response


def stream(lines: Iterable[str], content_type: str, name: str) -> Response:
    """A text that is no file, as it is made."""
    parts = blocks(lines, BLOCK)
    if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        response = _spooled(parts)
    else:
        response = Response(parts)
    response.content_type = content_type
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _spooled(parts: Iterable[bytes]) -> Response:
    """An answer whose parts are all made before the first is sent, so that its length is known."""
    spool = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when it has been sent
    try:
        for part in parts:
            spool.write(part)
    except BaseException:
        spool.close()
        raise
    length = spool.tell()
    spool.seek(0)

    response = Response(iter(lambda: spool.read(BLOCK), b""))
    response.content_length = length
    response.call_on_close(spool.close)
    return response
