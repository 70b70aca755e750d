"""The memory that a million entries take to load and to dump, above what the imports take.

Each act runs in a process of its own, which prints the peak of its resident memory before and after, as Linux counts
it for that program alone (what `getrusage` says begins with the peak of the process that started it).
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from registers.canonical import canonical_json
from registers.merkle import EMPTY_ROOT, grow
from registers.v1 import hashing as v1
from tests.benchmarks.rows import DEFINITION, item

SIZE = 1_000_000
LIMIT = 120  # MB
ACT = r"""
import re, sys
from pathlib import Path
from cli import {verb}, main
import registers.opening, registers.store.migrations, registers.audit, registers.store.postgresql
peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
try:
    main.registers(sys.argv[1:], prog_name="registers", standalone_mode=False)
finally:
    print((peak() - before) / 1024, file=sys.stderr)
"""


def write_rsf(path: Path) -> None:
    """An RSF file of a million schools, written line by line, as `registers dump` orders it."""
    stamp = "2020-01-01T00:00:00Z"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"assert-root-hash\t{v1.hash_text(EMPTY_ROOT)}\n")
        metadata = [
            (key, canonical_json({n: v for n, v in members.items() if v})) for key, members in DEFINITION.entries()
        ]
        for _key, body in metadata:
            file.write(f"add-item\t{body}\n")
        for number in range(SIZE):
            file.write(f"add-item\t{canonical_json(item(number))}\n")
        for key, body in metadata:
            file.write(f"append-entry\tsystem\t{key}\t{stamp}\t{v1.hash_text(sha256(body.encode()).digest())}\n")
        file.writelines(_entries(stamp))


def _entries(stamp: str):
    size, edge, leaves = 0, (), []
    for number in range(SIZE):
        key, digest = str(100_000 + number), sha256(canonical_json(item(number)).encode()).digest()
        yield f"append-entry\tuser\t{key}\t{stamp}\t{v1.hash_text(digest)}\n"
        leaves.append(v1.leaf_hash(number + 1, key, stamp, digest))
        if len(leaves) == 10_000 or number == SIZE - 1:
            growth = grow(size, edge, leaves)
            size, edge, leaves = growth.size, growth.edge, []
    yield f"assert-root-hash\t{v1.hash_text(growth.root)}\n"


def peak_of(database: Path, verb: str, *arguments: str) -> float:
    """MB of resident memory that a verb takes at its peak, above its imports."""
    command = [sys.executable, "-c", ACT.format(verb=verb), "--database", f"sqlite:///{database}", verb, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stderr.split()[-1])


def memory(folder: Path) -> dict[str, float]:
    """Peaks in MB."""
    file, database = folder / "schools.rsf", folder / "memory.db"
    write_rsf(file)
    peak_of(database, "init")
    loaded = peak_of(database, "load", "rsf", str(file))
    dumped = {}
    for format_, what in (("rsf", "entries"), ("csv", "records"), ("json", "entries"), ("ndjson", "entries")):
        output = str(folder / f"dump.{format_}")
        dumped[format_] = peak_of(database, "dump", "school", "--format", format_, "--what", what, "--output", output)
    same = file.read_bytes() == (folder / "dump.rsf").read_bytes()
    return {
        f"load rsf, MB above imports (want <= {LIMIT})": loaded,
        **{f"dump {name}, MB above imports (want <= {LIMIT})": value for name, value in dumped.items()},
        "the dump is the file that was loaded (1 is yes)": float(same),
    }
