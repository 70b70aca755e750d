"""`registers link`: a file of rows with places: for each the keys of the areas it lies in."""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from cli.verbs import Terminal, progress_bar, verb, warn
from geo import linking, places
from geo.areas.following import Areas, Standing, folder_beside
from geo.linking import Linked, Linker, Where
from geo.points import RECORD
from loaders.passing import Passed, Rows
from loaders.row_files import open_rows
from registers import snapshot
from registers.errors import Invalid
from registers.store.engine import Store
from registers.trees import V2
from registers.v2.hashing import hash_text

SHOWN = 20  # rows that are wrong
AHEAD = 2  # batches, for each core, that are linked before they are written


@click.command("link", short_help="Add to a file which areas its rows lie in.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "names", metavar="REGISTER", multiple=True, required=True, help="A register of areas; repeat it.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="By default FILE with -linked.")
@click.option("--columns", metavar="X,Y", default="", help="The columns that say where, or one of postcodes.")
@click.option("--crs", metavar="CODE", default="", help="What the coordinates are in, such as EPSG:27700.")
@click.option("--layer", default="", help="The layer of a GeoPackage.")
@click.option("--encoding", help="How a text file is encoded, if that cannot be told: utf-8, cp1252 …")
@click.option("--prefix", default="", help="What the names of the added columns begin with.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The areas of that day; by default today.")
@click.option("--at", metavar="STATE", help="The registers as they were known then: a day or a timestamp.")
@verb
def command(terminal: Terminal, file: Path, output: Path | None, **given: Any) -> None:
    """Write FILE again with a column for each register of areas: the keys of the areas that each row lies in.

    FILE is CSV, TSV, Parquet or GeoPackage, and so is what is written. Where a row is, its columns lon and lat say,
    or easting and northing, postcode, or record; or those of --columns; or the points of a GeoPackage.
    """
    output = output or file.with_stem(f"{file.stem}-linked")
    _check_output(output, file)
    rows = open_rows(file, given["layer"], given["encoding"], "" if given["columns"] else given["crs"])
    if rows.note:
        warn(rows.note)
    where = _where(rows, given["columns"], given["crs"])
    with terminal.store() as store:
        areas = _areas(terminal, store, given["names"])
        with store.reading() as tx:
            opened = places.open_areas(tx, areas, _moment(given["at"]), given["names"])
            day = given["on"].date() if given["on"] else snapshot.day_of(tx)
            states = [_state(each) for each in opened]
        targets = linking.targets(opened)
        find = places.finder(store, where.way == RECORD)
        linker = Linker(where, targets, day.toordinal(), find)
        names = linking.column_names(rows.names, [target.name for target in targets], given["prefix"])
        run = _Run(rows, linker, names)
        _write(output, run)
    run.tell_faults()
    told = {"output": str(output), "rows": run.done, "faults": run.faults, "on": day.isoformat()}
    terminal.answer({**told, "registers": states}, f"{run.done:,} rows are in {output}, {_with(names)}.")
    if run.faults:
        click.get_current_context().exit(1)


def _check_output(output: Path, file: Path) -> None:
    """Raise Invalid unless a file of the same kind can be written there, and none is there."""
    if output.suffix.lower() != file.suffix.lower():
        raise Invalid(f"{output} is to end in {file.suffix}: what is written is of the kind of {file.name}")
    if output.exists():
        raise _taken(output)
    if not output.parent.is_dir():
        raise Invalid(f"there is no folder {output.parent} to write {output.name} in")


def _taken(output: Path) -> Invalid:
    return Invalid(f"{output} is there already: move it away, or say with --output where to write")


def _where(rows: Rows, columns: str, crs: str) -> Where:
    """Which columns say where: those chosen, the shapes that there are, or those with the usual names."""
    chosen = [name.strip() for name in columns.split(",") if name.strip()]
    if rows.shapes and not chosen:
        return linking.where_of_shapes(*rows.shapes)
    return linking.where_in(rows.names, chosen, crs)


def _areas(terminal: Terminal, store: Store, names: Sequence[str]) -> Areas:
    """The indexes, caught up with the registers that are to be asked."""
    areas = Areas(folder_beside(store, terminal.settings.places_folder))
    with store.reading() as tx:
        registers = [snapshot.find_register(tx, name) for name in names]
    for register in registers:
        areas.catch_up(store, register)
    return areas


def _moment(at: str | None) -> str | None:
    if at is not None and at.isdigit():
        raise Invalid("each register has sizes of its own, so --at is a day or a timestamp")
    return at


def _state(opened: Standing) -> dict[str, Any]:
    taken = opened.taken
    return {"register": taken.register.name, "entries": taken.size, "root-hash": hash_text(taken.root(V2))}


def _with(names: Sequence[str]) -> str:
    return f"with the {'column' if len(names) == 1 else 'columns'} {', '.join(names)}"


# From batch to batch


@dataclass(slots=True)
class _Run:
    """The rows of a file on their way: linked on all cores, written in their order."""

    rows: Rows
    linker: Linker
    names: Sequence[str]
    done: int = 0
    faults: int = 0
    shown: dict[int, str] = field(default_factory=dict)  # the first of them, by row

    def batches(self, progress: Callable[[int, int], None]) -> Iterator[pa.RecordBatch]:
        """The batches with their new columns."""
        total = self.rows.count()
        for batch, linked in self._linked():
            self.faults += len(linked.faults)
            first = sorted(linked.faults)[: SHOWN - len(self.shown)]
            self.shown |= {self.done + row + 1: linked.faults[row] for row in first}
            self.done += batch.num_rows
            progress(self.done, max(total, self.done))
            yield pa.RecordBatch.from_arrays([*batch.columns, *linked.columns], [*batch.schema.names, *self.names])

    def _linked(self) -> Iterator[tuple[pa.RecordBatch, Linked]]:
        """Each batch, with what was found of it, a few batches ahead of whoever asks."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        waiting: deque[tuple[pa.RecordBatch, Future[Linked]]] = deque()
        with ThreadPoolExecutor(cores) as pool:
            for passed in self.rows.batches():
                waiting.append((passed.batch, pool.submit(self._link, passed)))
                if len(waiting) > AHEAD * cores:
                    batch, linked = waiting.popleft()
                    yield batch, linked.result()
            for batch, linked in waiting:
                yield batch, linked.result()

    def _link(self, passed: Passed) -> Linked:
        linked = self.linker.link(passed.batch)
        return linked._replace(faults=linked.faults | passed.lost)

    def tell_faults(self) -> None:
        """Say which rows have no places because something is wrong with them."""
        for row, fault in self.shown.items():
            warn(f"row {row:,}: {fault}")
        if more := self.faults - len(self.shown):
            warn(f"and {more:,} more {'row that says' if more == 1 else 'rows that say'} nowhere of use")


def _write(output: Path, run: _Run) -> None:
    """Write the file beside its place, and put it there when it is whole."""
    beside = output.with_stem(f".{output.stem}-{secrets.token_hex(4)}")
    with progress_bar(f"Linking {output.name}") as progress:
        batches = run.batches(progress)
        try:
            first = next(batches, None)
            if first is None:
                raise Invalid("the file has no rows")
            run.rows.write(beside, first.schema, chain([first], batches))
            _put(beside, output)
        finally:
            beside.unlink(missing_ok=True)


def _put(beside: Path, output: Path) -> None:
    """Give a file that is whole its name. Raises Invalid when somebody has taken it meanwhile."""
    try:
        output.hardlink_to(beside)  # a move would take the place of what is there
    except FileExistsError:
        raise _taken(output) from None
    except OSError:  # a file system without links
        beside.rename(output)
