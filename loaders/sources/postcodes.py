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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from loaders import columns
from loaders.columns import Columns, Spec
from loaders.source import About, Problems, Reading, Row, Source, beside
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
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}")
_IRISH = "BT"


def definition() -> Definition:
    """What the register is, from the YAML file beside this module."""
    return beside(__file__)


def read(path: Path | None, options: Mapping[str, str]) -> Reading:
    """Open the directory: one file, or a folder of files."""
    assert path is not None
    tables = [open_table(each, encoding=options.get("encoding")) for each in _files(path)]
    problems = Problems()
    mapping = _mapping(tables[0].names)
    return Reading(
        definition=definition(),
        carries=mapping.carries,
        rows=unrepeated(_rows(tables, problems), problems),
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


def _rows(tables: Sequence[Table], problems: Problems) -> Iterator[Row]:
    for table in tables:
        for row in columns.rows_of(table, _mapping(table.names), problems):
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

    For three million keys, of which only eight bytes each are kept in memory; two that share these are told as well.
    """
    seen: list[np.ndarray] = []
    some: list[int] = []
    for row in rows:
        some.append(hash(row.key))
        if len(some) == columns.BATCH:
            seen.append(np.array(some, np.int64))
            some = []
        yield row
    keys = np.sort(np.concatenate([*seen, np.array(some, np.int64)]))
    if repeated := int((keys[1:] == keys[:-1]).sum()):
        problems.add("the file", "pcds", f"{repeated} postcodes are in it more than once")


SOURCE = Source(ABOUT, read, frozenset({"encoding"}))
