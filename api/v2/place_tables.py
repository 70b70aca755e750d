"""A CSV of points as the body of a request, and as the answer the same table with columns of keys, and of errors.

PyArrow reads and writes it; it is loaded with the first table, for nothing else in the application needs it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from api import uploads
from api.v2 import place_documents as documents
from api.v2.place_rows import Batch, check_count

if TYPE_CHECKING:
    from geo.linking import Linker
    from loaders.passing import Passed, Text

LIMIT = documents.BATCH_SENT.limit
ERROR = "error"


def answer(batch: Batch, columns: str, crs: str, prefix: str) -> Iterator[bytes]:
    """The answer to the present request's table. Raises Invalid and TooLarge before it begins."""
    from geo import linking

    text, read = _read()
    names = text.names
    chosen = [name.strip() for name in columns.split(",") if name.strip()]
    where = linking.where_in(names, chosen, crs)
    targets = linking.targets(batch.opened)
    linker = linking.Linker(where, targets, batch.day.toordinal(), batch.finder(where.way))
    added = linking.column_names(names, [*(target.name for target in targets), ERROR], prefix)
    return _answer([*names, *added], read, linker, text.separator)


def _read() -> tuple[Text, list[Passed]]:
    """The body, and its rows."""
    from loaders.passing import Text

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.csv"
        with uploads.uploaded(LIMIT) as stream:
            path.write_bytes(stream.read())
        text = Text(path, "the body", "utf-8")
        read = list(text.batches())
    check_count(sum(passed.batch.num_rows for passed in read))
    return text, read


def _answer(names: list[str], read: list[Passed], linker: Linker, separator: str) -> Iterator[bytes]:
    """The table's header, and its rows some at a time."""
    from geo import arrow
    from loaders.passing import text_of

    yield text_of([arrow.texts([name]) for name in names], separator)
    for passed in read:
        linked = linker.link(passed.batch)
        faults = linked.faults | passed.lost
        told = arrow.texts([faults.get(row) for row in range(passed.batch.num_rows)])
        yield text_of([*passed.batch.columns, *linked.columns, told], separator)
