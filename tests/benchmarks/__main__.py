"""Run the benchmarks, all or those named, and print their figures."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.append import bulk_append
from tests.benchmarks.datasette import beside_datasette
from tests.benchmarks.files import files
from tests.benchmarks.growth import growth
from tests.benchmarks.http import over_http
from tests.benchmarks.loading import loading
from tests.benchmarks.memory import memory
from tests.benchmarks.ogc import over_ogc
from tests.benchmarks.pages import pages
from tests.benchmarks.places import places
from tests.benchmarks.questions import questions

BENCHMARKS = {
    "append": bulk_append,
    "growth": growth,
    "memory": memory,
    "loading": loading,
    "http": over_http,
    "datasette": beside_datasette,
    "questions": questions,
    "places": places,
    "ogc": over_ogc,
    "files": files,
    "pages": pages,
}


def main(names: list[str]) -> None:
    """Run each benchmark in a folder of its own; REGISTERS_BENCH_DIR says where, for a disk rather than memory."""
    for name in names or BENCHMARKS:
        with tempfile.TemporaryDirectory(dir=os.environ.get("REGISTERS_BENCH_DIR")) as place:
            print(json.dumps({name: BENCHMARKS[name](Path(place))}, indent=2), flush=True)


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"there is no benchmark {unknown[0]}: {', '.join(BENCHMARKS)}")
    main(sys.argv[1:])
