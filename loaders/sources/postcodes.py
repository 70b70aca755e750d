"""The register `postcode`, from the ONS Postcode Directory: live postcodes, terminated ones, and the areas they are in.

The directory comes as one file (`ONSPD_MAY_2025_UK.csv`) or as a folder of one file for each postcode area
(`multi_csv/`); both are read, and any number of columns that are not known here passed over.

Mapping: `pcds` without its space → the key; `pcds` → `name`; `dointr` → `start-date`, `doterm` → `end-date` (both
YYYYMM); `lat`, `long` → `point`; `oseast1m`, `osnrth1m` → `easting`, `northing`, in Great Britain; and the areas:
`ctry` → `country`, `rgn` → `region`, `oscty` → `county`, `oslaua` → `district`, `osward` → `ward`, `parish`, `pcon` →
`constituency`, `lsoa21`, `msoa21`, `lsoa11`, `icb`, `pfa` → `police-force-area`. Areas are codes as they stand: the
registers of boundaries say what they are.

Quirks of the source:
- A code that ends in 99999999 says that there is no such area there, and is blank here; so is 99.999999, 0, where a
  postcode has no position (the Channel Islands, the Isle of Man).
- Eastings and northings of Northern Ireland (BT) are on the Irish grid and not on that of Great Britain: they are left
  out, and the point is of `lat` and `long` everywhere.
- `lat` and `long` are the publisher's, a few metres off what OSTN15 gives.
- A terminated postcode may be used again: then it has a new `dointr`, and no `doterm`.
- Names of columns change from one edition to the next (`oslaua`, `laua`, `lad25cd`): see `_NAMES`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from loaders import columns
from loaders.columns import Columns, Spec
from loaders.source import MOST_PROBLEMS, About, Problems, Reading, Row, Source, beside
from loaders.tabular import Table, open_table
from registers.definition import Definition
from registers.errors import Invalid

ABOUT = About(
    name="postcodes",
    register="postcode",
    title="Postcodes of the United Kingdom, live and terminated",
    publisher="Office for National Statistics",
    licence="Open Government Licence v3.0",
    attribution=(
        "Contains OS data © Crown copyright and database right; contains Royal Mail data © Royal Mail copyright and "
        "database right; source: Office for National Statistics licensed under the Open Government Licence v.3.0."
    ),
    url="https://geoportal.statistics.gov.uk/search?q=PRD_ONSPD",
    rhythm="Every three months: February, May, August, November",
)
NOWHERE = "99.999999"
# The columns that a field may come from, the first that there is.
_NAMES: Mapping[str, str] = {
    "country": r"ctry|ctry\d\dcd",
    "region": r"rgn|gor|rgn\d\dcd",
    "county": r"oscty|cty|cty\d\dcd",
    "district": r"oslaua|laua|lad\d\dcd",
    "ward": r"osward|ward|wd\d\dcd",
    "parish": r"parish|parncp\d\dcd",
    "constituency": r"pcon|pcon\d\dcd",
    "lsoa21": r"lsoa21|lsoa21cd",
    "msoa21": r"msoa21|msoa21cd",
    "lsoa11": r"lsoa11|lsoa11cd",
    "icb": r"icb|icb\d\dcd",
    "police-force-area": r"pfa|pfa\d\dcd",
}
# A9, A99, A9A, AA9, AA99 or AA9A, and then 9AA; or that of Girobank, which is like no other.
_POSTCODE = re.compile(r"(?:[A-Z]{1,2}[0-9][0-9A-Z]?|GIR(?= ?0AA)) ?[0-9][A-Z]{2}")
_IRISH = "BT"


def definition() -> Definition:
    """What the register is, from the YAML file beside this module."""
    return beside(__file__)


def read(path: Path | None, options: Mapping[str, str]) -> Reading:
    """Open the directory: one file, or a folder of files."""
    assert path is not None
    files = _files(path)
    tables = [open_table(each, encoding=options.get("encoding")) for each in files]
    problems = Problems()
    mapping = _mapping(tables[0].names)
    named = [(table, each.name if path.is_dir() else "") for table, each in zip(tables, files, strict=True)]
    return Reading(
        definition=definition(),
        carries=mapping.carries,
        rows=unrepeated(_rows(named, problems), problems),
        problems=problems,
        unique=True,
        dated=_edition(path.name),
    )


def _files(path: Path) -> list[Path]:
    """The files of a folder in order, or the one file."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.rglob("*.csv"))
    if not found:
        raise Invalid(f"{path} is a folder without a CSV file in it")
    return found


def _edition(name: str) -> date | None:
    """The month that the file's name says it is of, as its first day."""
    found = re.search(r"(?P<m>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[_-](?P<y>20\d\d)", name, re.I)
    if found is None:
        return None
    return date.fromisoformat(columns.parse_date(f"1 {found['m']} {found['y']}", "D Month YYYY"))


def _rows(tables: Sequence[tuple[Table, str]], problems: Problems) -> Iterator[Row]:
    for table, file in tables:
        for row in columns.rows_of(table, _mapping(table.names), problems, file=file):
            if row.key.startswith(_IRISH) and row.key[2:3].isdigit():
                kept = {name: value for name, value in row.item.items() if name not in ("easting", "northing")}
                row = row._replace(item=kept)
            yield row


def _mapping(names: Sequence[str]) -> Columns:
    by_name = {name.lower(): name for name in names}

    def found(pattern: str) -> str | None:
        return next((by_name[name] for name in by_name if re.fullmatch(pattern, name)), None)

    needed = {name: found(name) for name in ("pcds", "dointr", "doterm", "lat", "long")}
    if missing := [name for name, column in needed.items() if column is None]:
        raise Invalid(f"this is no ONS Postcode Directory: it has no column {', '.join(missing)}")
    column = {name: str(each) for name, each in needed.items()}
    specs: dict[str, Spec] = {
        "name": columns.text(column["pcds"]),
        "start-date": columns.dated(column["dointr"], "YYYYMM"),
        "end-date": columns.dated(column["doterm"], "YYYYMM"),
        "point": columns.degree_point(column["long"], column["lat"], (NOWHERE,)),
    }
    for field, pattern in {"easting": "oseast1m|east1m", "northing": "osnrth1m|north1m"}.items():
        if grid := found(pattern):
            specs[field] = columns.mapped(grid, _metres)
    specs |= {field: columns.mapped(area, _area) for field, pattern in _NAMES.items() if (area := found(pattern))}
    return Columns(ABOUT.register, columns.mapped(column["pcds"], _key), specs)


def _key(postcode: str) -> str:
    if not _POSTCODE.fullmatch(postcode):
        raise Invalid(f"{postcode!r} is not a postcode such as AB1 0AA")
    return postcode.replace(" ", "")


def _area(code: str) -> str | None:
    return None if code.endswith("99999999") else code


def _metres(number: str) -> str | None:
    return number.lstrip("0") or None


def unrepeated(rows: Iterable[Row], problems: Problems) -> Iterator[Row]:
    """The rows, of which each key should be one; a key that comes again is a problem, told after the last row.

    For three million keys, of which only the eight characters that they have at most and a number are kept.
    """
    seen = _Seen()
    for row in rows:
        seen.add(row)
        yield row
    seen.tell(problems)


class _Seen:
    """Keys of up to eight characters, as numbers, and where they were."""

    def __init__(self) -> None:
        self.keys: list[np.ndarray] = []
        self.some: list[str] = []
        self.numbers = array("I")
        self.files: list[tuple[int, str]] = []  # what stands before a row's number, "a.csv, row", from which key on

    def add(self, row: Row) -> None:
        """Remember a row."""
        file, _, number = row.place.rpartition(" ")
        if not self.files or self.files[-1][1] != file:
            self.files.append((len(self.numbers), file))
        self.numbers.append(int(number))
        self.some.append(row.key)
        if len(self.some) == columns.BATCH:
            self._pack()

    def _pack(self) -> None:
        self.keys.append(np.array(self.some, "S8").view(">u8").astype(np.uint64))
        self.some = []

    def tell(self, problems: Problems) -> None:
        """Tell of each key that came again, with its row and the first that had it."""
        self._pack()
        keys = np.concatenate(self.keys)
        order = np.argsort(keys, kind="stable")
        again = np.sort(order[1:][keys[order[1:]] == keys[order[:-1]]])
        for place in again[:MOST_PROBLEMS].tolist():
            key = int(keys[place]).to_bytes(8).rstrip(b"\0").decode()
            first = self._place(int(np.argmax(keys == keys[place])))
            problems.add(self._place(place), "pcds", f"the postcode {key} is that of {first} too")
        problems.count += max(0, len(again) - MOST_PROBLEMS)

    def _place(self, place: int) -> str:
        file = next(file for start, file in reversed(self.files) if start <= place)
        return f"{file} {self.numbers[place]}"


SOURCE = Source(ABOUT, read, frozenset({"encoding"}))
