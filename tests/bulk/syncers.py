"""Processes that sync, and are killed, stopped or out of room on the way."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from bulk.source import Progress
from bulk.syncing.copying import Wanted, copy_register
from bulk.syncing.folder import Copy, held
from bulk.syncing.service import service_at

CSV_AND_RSF = Wanted(["csv", "rsf"])
TOUCHING = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "shutil.rmtree"}


def sync(url: str, root: Path, bar: object) -> int:
    """Sync `country` into a folder; its size then."""
    with held(root):
        return copy_register(service_at(url), Copy(root, "country"), CSV_AND_RSF, bar).told.size  # type: ignore[arg-type]


@contextmanager
def no_bar(_title: str) -> Iterator[Progress]:
    """Progress that nobody watches."""
    yield lambda _done, _total: None


def sync_until(_wire: Connection, url: str, root: str, moment: int) -> int:
    """Sync, and be killed at a moment: before a file or folder is touched, or when a piece of a file has come in.

    How many moments there were, when there were fewer.
    """
    seen = 0

    def pass_one() -> None:
        nonlocal seen
        seen += 1
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def touch(event: str, arguments: tuple[object, ...]) -> None:
        if event in TOUCHING and str(arguments[0]).startswith(root):
            pass_one()

    @contextmanager
    def counting(_title: str) -> Iterator[Progress]:
        yield lambda _done, _total: pass_one()

    sys.addaudithook(touch)
    sync(url, Path(root), counting)
    return seen


def sync_in_little_room(_wire: Connection, url: str, root: str, room: int) -> int:
    """Sync where no file may have more bytes than `room`."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    return sync(url, Path(root), no_bar)


def sync_slowly(wire: Connection, url: str, root: str) -> int:
    """Sync, and stop at the first file until told to go on."""

    @contextmanager
    def stopping(_title: str) -> Iterator[Progress]:
        wire.send("stopped")
        wire.recv()
        yield lambda _done, _total: None

    return sync(url, Path(root), stopping)
