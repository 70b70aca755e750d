"""What it costs to keep a list up with its source: a plan and its application, a national file, the same file again.

Each load is the real command in a process of its own. The files are generated: 50,000 rows of 20 columns of which
every one has changed; and 2.7 million postcodes in the columns of the ONS Postcode Directory. Bulk append, which the
long load is held against, is measured beside it.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.benchmarks.append import BATCH, append_batch, new_store

ROWS, COLUMNS = 50_000, 20
POSTCODES = 2_700_000
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
HEADER = (
    "pcd7,pcd8,pcds,dointr,doterm,oscty,ced,oslaua,osward,parish,usertype,oseast1m,osnrth1m,osgrdind,oshlthau,nhser,"
    "ctry,rgn,streg,pcon,eer,teclec,ttwa,pct,itl,statsward,oa01,casward,npark,lsoa01,msoa01,ur01ind,oac01,oa11,lsoa11,"
    "msoa11,wz11,sicbl,bua11,ru11ind,oac11,lat,long,lep1,lep2,pfa,imd,calncv,icb,oa21,lsoa21,msoa21"
)
ACT = r"""
import re, sys
from pathlib import Path
from cli import load, main
import loaders.tabular, loaders.sources.table, loaders.sources.postcodes, registers.opening
import registers.store.migrations, registers.store.postgresql
peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
main.registers(sys.argv[1:], prog_name="registers", standalone_mode=False)
print("PEAK", (peak() - before) / 1024, file=sys.stderr)
"""


def run(database: Path, *arguments: str) -> tuple[float, float]:
    """Seconds that a load takes, imports included, and the MB that it takes at its peak above them."""
    start = time.perf_counter()
    command = [sys.executable, "-c", ACT, "--database", f"sqlite:///{database}", "load", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, float(done.stderr.split("PEAK")[-1])


def write_table(path: Path, edition: int) -> None:
    """A table whose every row differs from one edition to the next."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(["code", "name", *(f"c{n}" for n in range(COLUMNS - 2))]) + "\r\n")
        for number in range(ROWS):
            cells = [f"{number % 997 * (n + 1)} of column {n}" for n in range(COLUMNS - 2)]
            file.write(",".join([f"K{number}", f"Name {number} edition {edition}", *cells]) + "\r\n")


def write_mapping(path: Path) -> None:
    """The mapping of that table."""
    fields = [{"field": "code"}, {"field": "name"}, *({"field": f"c{n}"} for n in range(COLUMNS - 2))]
    path.write_text(yaml.safe_dump({"register": "list", "key-field": "code", "fields": fields}))


def postcodes(count: int) -> Iterator[str]:
    """So many lines of the directory, each postcode once, in the proportions of the real ones."""
    chosen = random.Random(1)
    for number in range(count):
        rest, second = divmod(number, len(LETTERS) ** 2 * 10)
        unit, pair = divmod(second, len(LETTERS) ** 2)
        area, district = divmod(rest, 90)
        letters = LETTERS[pair // len(LETTERS)] + LETTERS[pair % len(LETTERS)]
        outward = f"{LETTERS[area // len(LETTERS)]}{LETTERS[area % len(LETTERS)]}{district + 1}"
        postcode = f"{outward} {unit}{letters}"
        ended = chosen.choice(["", "", "199606"])
        east, north = chosen.randrange(100_000, 650_000), chosen.randrange(10_000, 990_000)
        areas = f"E0{number % 90 + 10}0000{number % 89 + 10}"
        yield (
            f"{postcode},{postcode},{postcode},198001,{ended},E99999999,E99999999,{areas},{areas[:-1]}7,E99999999,0,{east},"
            f"{north:07},1,E18000007,E99999999,E92000001,E12000007,0,E14000639,E15000007,E24000018,E30000234,E16000044,"
            f"E05000000,99ZZ00,E00000001,01AA01,E99999999,E01000001,E02000001,1,2C2,E00000001,E01004736,E02000977,"
            f"E33031119,E38000256,,1,2B1,{50 + number % 9_000_000 / 1e6:.6f},{-5 + number % 6_000_000 / 1e6:.6f},"
            f"E37000051,,E23000001,12345,E99999999,E54000027,E00000001,E01004736,E02000977"
        )


def loading(folder: Path) -> dict[str, float]:
    """The figures."""
    return _table(folder) | _postcodes(folder)


def _table(folder: Path) -> dict[str, float]:
    database, mapping = folder / "table.db", folder / "mapping.yaml"
    new_store(folder, "table.db").close()
    write_mapping(mapping)
    told = ("--mapping", str(mapping))
    for edition in (1, 2):
        write_table(folder / f"{edition}.csv", edition)
    first, _ = run(database, "table", str(folder / "1.csv"), *told)
    changed, peak = run(database, "table", str(folder / "2.csv"), *told)
    again, _ = run(database, "table", str(folder / "2.csv"), *told)
    with (folder / "2.csv").open("a") as file:
        file.write("\r\n")
    compared, _ = run(database, "table", str(folder / "2.csv"), *told)
    return {
        "plan and apply 50,000 changes onto 50,000 records, s (want <= 10)": changed,
        "the same, MB above the imports (want <= 300)": peak,
        "the same file again / the first load (want <= 0.25)": again / first,
        "another file that changes nothing / the first load": compared / first,
    }


def _postcodes(folder: Path) -> dict[str, float]:
    path, database = folder / "ONSPD_MAY_2025_UK.csv", folder / "postcodes.db"
    with path.open("w") as file:
        file.write(f"{HEADER}\n")
        file.writelines(f"{line}\n" for line in postcodes(POSTCODES))
    bulk = new_store(folder, "bulk.db")
    rates = [BATCH / append_batch(bulk, first) for first in range(0, 10 * BATCH, BATCH)]
    bulk.close()
    new_store(folder, "postcodes.db").close()
    taken, peak = run(database, "postcodes", str(path))
    again, _ = run(database, "postcodes", str(path))
    return {
        "2.7 million postcodes, a second": POSTCODES / taken,
        "the same / bulk append (want >= 0.5)": POSTCODES / taken / statistics.median(rates),
        "the same, MB above the imports": peak,
        "the same file again / the first load (want <= 0.25), postcodes": again / taken,
    }
