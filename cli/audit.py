"""`registers audit`: whether a copy of a register is what its root promises, by means of its own."""

from __future__ import annotations

import sys
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import click

from cli.verbs import Terminal, verb
from registers import audit
from registers.errors import Invalid

PATIENCE = 60  # seconds


@click.command("audit", short_help="Check that a copy is what its root promises.")
@click.argument("copy", metavar="FILE|URL")
@click.option("--expect", metavar="ROOT", help="The root that you hold, as sha-256:…; the copy must have it.")
@verb
def command(terminal: Terminal, copy: str, expect: str | None) -> None:
    """Check an RSF file, an NDJSON dump of entries, or a register of a running service, given by its URL.

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
    if not Path(copy).is_file():
        raise Invalid(f"there is no file {copy}")
    return audit.audit_file(Path(copy), expect)


def _fetch(url: str) -> closing[BinaryIO]:
    return closing(urllib.request.urlopen(url, timeout=PATIENCE))  # noqa: S310  checked above: http or https
