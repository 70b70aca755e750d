"""Which files there are of a register: what is in them, in which format, compressed or not.

    records.csv   records.csv.gz   entries.ndjson.zst   entries.rsf   register.sqlite   …

A format's module is loaded when a file of it is made, for some bring libraries that a web worker should not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from bulk.formats.features import shape_field
from bulk.source import Source
from registers import redaction
from registers.definition import Definition
from registers.entry import shortened
from registers.errors import Invalid, NotFound

RECORDS, ENTRIES, REGISTER = "records", "entries", "register"
COMPRESSIONS = {"gz": "application/gzip", "zst": "application/zstd"}
Lines = Callable[[Source, str], Iterator[str]]
Writer = Callable[[Source, str, Path], None]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what there is of it, its media type, and what makes it: `module:function`.

    What `is_text` is made as a stream of text, so it can be sent while it is made, and there are compressed ones.
    """

    name: str
    whats: tuple[str, ...]
    content_type: str
    maker: str
    is_text: bool = True
    of_shapes: bool = False
    bears_redaction: bool = True  # whether it can hold an item out of which a value was taken

    def made_by(self) -> Callable[..., object]:
        """The function that makes it, its module loaded."""
        module, _, function = self.maker.partition(":")
        found: Callable[..., object] = getattr(import_module(module), function)
        return found


_BOTH = (RECORDS, ENTRIES)
_CSV = "text/csv; charset=utf-8; header=present"
_MADE = "bulk.formats"
FORMATS = {
    each.name: each
    for each in (
        Format("csv", _BOTH, _CSV, f"{_MADE}.separated:lines"),
        Format("csv-excel", _BOTH, _CSV, f"{_MADE}.separated:excel_lines"),
        Format("json", _BOTH, "application/json", f"{_MADE}.objects:array_lines"),
        Format("ndjson", _BOTH, "application/x-ndjson", f"{_MADE}.objects:lines"),
        Format("rsf", (ENTRIES,), "application/vnd.rsf", f"{_MADE}.replayable:v2_lines"),
        Format("rsf-v1", (ENTRIES,), "application/uk-gov-rsf", f"{_MADE}.replayable:v1_lines", bears_redaction=False),
        Format("geojson", (RECORDS,), "application/geo+json", f"{_MADE}.features:lines", of_shapes=True),
        Format("parquet", _BOTH, "application/vnd.apache.parquet", f"{_MADE}.columnar:write", is_text=False),
        Format("sqlite", (REGISTER,), "application/vnd.sqlite3", f"{_MADE}.database:write", is_text=False),
        Format(
            "geoparquet",
            (RECORDS,),
            "application/vnd.apache.parquet",
            f"{_MADE}.columnar:write_shapes",
            is_text=False,
            of_shapes=True,
        ),
        Format(
            "gpkg",
            (RECORDS,),
            "application/geopackage+sqlite3",
            f"{_MADE}.packaged:write",
            is_text=False,
            of_shapes=True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One file that there is of a register."""

    what: str
    format: Format
    compression: str = ""

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"{self.what}.{self.suffix}"

    @property
    def suffix(self) -> str:
        """The format, and the compression if there is one."""
        return f"{self.format.name}.{self.compression}" if self.compression else self.format.name

    @property
    def plain(self) -> Kind:
        """The same, not compressed."""
        return Kind(self.what, self.format)

    @property
    def content_type(self) -> str:
        """The media type of the file's bytes."""
        return COMPRESSIONS.get(self.compression, self.format.content_type)

    def check(self, source: Source) -> None:
        """Raise Gone when the file would have to hold what was taken out of the register, and cannot."""
        if not self.format.bears_redaction:
            with source.store.reading() as tx:
                redaction.check_whole(tx, source.register, 1, source.state.size, f"the file {ENTRIES}.rsf")

    def lines(self, source: Source) -> Iterator[str]:
        """The text of a plain file of a text format. Raises Gone, as `check` does."""
        self.check(source)
        made: Iterator[str] = self.format.made_by()(source, self.what)  # type: ignore[assignment]
        return made


def kinds_of(definition: Definition, suffixes: Sequence[str] | None = None) -> list[Kind]:
    """The files that there are of a register so defined: of every format, or of those named; plain ones first."""
    has_shapes = shape_field(definition) is not None
    every = [
        Kind(what, format, compression)
        for compression in ("", *COMPRESSIONS)
        for format in FORMATS.values()
        for what in format.whats
        if (has_shapes or not format.of_shapes) and (format.is_text or not compression)
    ]
    return [kind for kind in every if suffixes is None or kind.suffix in suffixes]


def find_kind(definition: Definition, name: str) -> Kind:
    """The file of that name. Raises NotFound, which lists those there are."""
    kinds = {kind.name: kind for kind in kinds_of(definition)}
    if name not in kinds:
        plain = ", ".join(known for known, kind in kinds.items() if not kind.compression)
        raise NotFound(
            f"there is no file {shortened(name)} of this register; there are {plain}, "
            "and those that are text with .gz or .zst after it"
        )
    return kinds[name]


def check_suffixes(words: Sequence[str], called: str) -> tuple[str, ...]:
    """Formats as people name them, `csv` or `csv.gz`. Raises Invalid, naming what they were given to."""
    for word in words:
        name, _, compression = word.partition(".")
        known = FORMATS.get(name)
        if known is None or (compression and not (known.is_text and compression in COMPRESSIONS)):
            raise Invalid(
                f"{called}: {shortened(word)} is not a format: {', '.join(FORMATS)}, and text formats with .gz or .zst"
            )
    return tuple(words)
