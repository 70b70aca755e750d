"""The register `local-authority`, from mySociety's list of the authorities of the United Kingdom, past and present.

Mapping: `local-authority-code` → the key; `nice-name` → `name`; `official-name`; `gss-code` → `gss`;
`former-gss-codes` → `former-gss`; `local-authority-type-name` → `type`; `nation`; `region`; `county-la` → `county`;
`combined-authority`; `start-date`; `end-date`; `replaced-by`; `alt-names` → `alternative-names`, `name-cy`.

Quirks of the source:
- `end-date` is now the last day and now the first day of the successor: "2020-03-31" beside "2023-04-01". English
  authorities change on 1 April, so an end on that day is brought back by one, and a note says of how many.
- Alternative names are parted by commas, and names hold commas ("Armagh City, Banbridge and Craigavon"): a comma
  before a space is part of a name. They come in capitals and again without; those that differ by that alone are one.
- A Welsh name stands among the alternative names. It is the first that begins with a capital and is not the English
  one. Some were damaged before they were published ("Sir Ynys M\ufffdn"): they are left out, and a note says which.
- `region` is blank for what has none, `start-date` for most of England.
- A statistical code that changes while the authority stays (Barnsley, E08000016 to E08000038, in 2025) comes late. The
  option `codes` takes a look-up of codes and their successors (columns LADCD, LADNM, LADCD_ACTIVE, LADNM_ACTIVE, as
  geo-lookups has them): where both have one name the code has changed, and the old one becomes a former one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from loaders import columns
from loaders.columns import Columns
from loaders.source import About, Problems, Reading, Row, Source, beside
from loaders.tabular import open_table
from registers.definition import Definition
from registers.entry import shortened

ABOUT = About(
    name="local-authorities",
    register="local-authority",
    title="Local authorities of the United Kingdom, past and present",
    publisher="mySociety",
    licence="Creative Commons Attribution 4.0 International",
    attribution="Local authority names and codes by mySociety, from uk_local_authority_names_and_codes.",
    url="https://github.com/mysociety/uk_local_authority_names_and_codes",
    rhythm="Whenever authorities change: in England on 1 April, as a rule",
)
WALES = "Wales"
DAMAGED = re.compile("\ufffd|ï¿½|\x00")
_COLUMNS = Columns(
    ABOUT.register,
    columns.text("local-authority-code"),
    {
        "name": columns.text("nice-name"),
        "official-name": columns.text("official-name"),
        "name-cy": columns.text("alt-names"),
        "gss": columns.text("gss-code"),
        "former-gss": columns.listed("former-gss-codes", ","),
        "type": columns.text("local-authority-type-name"),
        "nation": columns.text("nation"),
        "region": columns.text("region"),
        "county": columns.text("county-la"),
        "combined-authority": columns.text("combined-authority"),
        "start-date": columns.dated("start-date"),
        "end-date": columns.dated("end-date"),
        "replaced-by": columns.listed("replaced-by", ","),
        "alternative-names": columns.listed("alt-names", ",(?! )"),
    },
)


def definition() -> Definition:
    """What the register is, from the YAML file beside this module."""
    return beside(__file__)


def read(path: Path | None, options: Mapping[str, str]) -> Reading:
    """Open the list; with the option `codes`, its statistical codes are brought up to a look-up of them."""
    assert path is not None
    table = open_table(path, encoding=options.get("encoding"))
    problems, notes = Problems(), list(table.notes)
    successors = _successors(Path(options["codes"]), problems) if "codes" in options else {}
    rows = _rows(columns.rows_of(table, _COLUMNS, problems), successors, notes)
    return Reading(definition(), _COLUMNS.carries, rows, problems, notes=notes)


def _successors(path: Path, problems: Problems) -> dict[str, str]:
    """The present code of each authority whose code has changed, and its name not."""
    table = open_table(path)
    found: dict[str, tuple[int, str]] = {}
    for number, (old, name, new, present) in table.rows("LADCD", "LADNM", "LADCD_ACTIVE", "LADNM_ACTIVE"):
        if old and new and name and old != new and name == present:
            first, known = found.setdefault(old, (number, new))
            if new != known:
                told = f"the code {shortened(old)} is {shortened(new)} now, and in row {first} it is {shortened(known)}"
                problems.add(columns.row_place(number, path.name), "LADCD_ACTIVE", told)
    columns.pass_on(table, problems, path.name)
    return {old: new for old, (_, new) in found.items()}


def _rows(rows: Iterator[Row], successors: Mapping[str, str], notes: list[str]) -> Iterator[Row]:
    brought_back, damaged = 0, list[str]()
    for row in rows:
        item = dict(row.item)
        if str(item.get("end-date", "")).endswith("-04-01"):
            item["end-date"] = (date.fromisoformat(str(item["end-date"])) - timedelta(days=1)).isoformat()
            brought_back += 1
        _name(item, damaged)
        _recode(item, successors)
        yield row._replace(item=item)
    if brought_back:
        notes.append(f"{brought_back} end-dates were the first day of the successor, and are now the day before")
    if damaged:
        notes.append(f"{len(damaged)} names were damaged where they were published, and are left out: {damaged[0]}")


def _name(item: dict[str, object], damaged: list[str]) -> None:
    """Sort the other names out: the Welsh one, and those that differ by more than capitals."""
    names = item.get("alternative-names")
    given = [str(each) for each in names] if isinstance(names, list) else []
    damaged += [each for each in given if DAMAGED.search(each)]
    sound = [each for each in given if not DAMAGED.search(each) and ";" not in each]
    own = {str(item.get(field, "")).casefold() for field in ("name", "official-name")}
    item.pop("name-cy", None)
    if item.get("nation") == WALES:
        welsh = next((each for each in sound if each[0].isupper() and each.casefold() not in own), None)
        item["name-cy"] = welsh
        own.add((welsh or "").casefold())
    others: dict[str, str] = {}
    for each in sound:
        if each.casefold() not in own:
            others.setdefault(each.casefold(), each)
    item["alternative-names"] = list(others.values())


def _recode(item: dict[str, object], successors: Mapping[str, str]) -> None:
    old = str(item.get("gss", ""))
    new = successors.get(old)
    if new is None:
        return
    former = item.get("former-gss")
    item["gss"], item["former-gss"] = new, [*(former if isinstance(former, list) else []), old]


SOURCE = Source(ABOUT, read, frozenset({"codes", "encoding"}))
