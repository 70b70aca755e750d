"""`registers audit`: whether a copy of a register is what its root promises, by means of its own."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError

import click

from cli.verbs import Terminal, verb
from registers import audit

PATIENCE = 60  # seconds


@click.command("audit", short_help="Check that a copy is what its root promises.")
@click.argument("copy", metavar="FILE|URL")
@click.option("--expect", metavar="ROOT", help="The root that you hold, as sha-256:…; the copy must have it.")
@verb
def command(terminal: Terminal, copy: str, expect: str | None) -> None:
    """Check an RSF file of v1 or v2, an NDJSON dump of entries, or a register of a running service, given by its URL.

    The answer is no (exit code 1) when the copy is not what its root promises.
    """
    verdict = _audit(copy, expect)
    value = {"holds": verdict.holds, "root-hash": verdict.root, "entries": verdict.entries, "verdict": verdict.sentence}
    terminal.answer(value, verdict.sentence)
    if not verdict.holds:
        click.get_current_context().exit(1)


def _audit(copy: str, expect: str | None) -> audit.Verdict:
    if copy.startswith(("http://", "https://")):
        return audit.audit_url(copy, _fetch, expect)
    if copy == "-":
        return audit.audit_stream(sys.stdin.buffer, expect)
    return audit.audit_file(Path(copy), expect)


@contextmanager
def _fetch(url: str) -> Iterator[BinaryIO]:
    """What stands at a URL. Raises OSError for whatever goes wrong, until it is read to its end."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310  checked above: http or https
            yield answer
    except HTTPError as error:
        error.close()
        if error.code == HTTPStatus.GONE:
            raise FileNotFoundError(f"the service answers {error.code} {error.reason}") from None
        raise OSError(f"the service answers {error.code} {error.reason}") from None
    except HTTPException as error:
        raise OSError(f"the transfer broke off: {error}") from None
