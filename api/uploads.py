"""Whole files as bodies: kept on disk while they are read, never in memory, and only up to a limit."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from flask import request

from api import current

BLOCK = 1024 * 1024  # bytes
MEGABYTE = 1024 * 1024


@contextmanager
def uploaded(most: int | None = None) -> Iterator[BinaryIO]:
    """The request's body as a file, which is gone afterwards. Raises RequestEntityTooLarge when it is too long.

    `most` is how many bytes it may have; by default what the settings say for files.
    """
    request.max_content_length = most or current.settings().load_limit * MEGABYTE
    with tempfile.TemporaryFile() as spool:
        shutil.copyfileobj(request.stream, spool, BLOCK)
        spool.seek(0)
        yield spool
