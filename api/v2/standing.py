"""Which state of a register an answer of v2 is of, in its headers: the size, the root hash, the time of the last entry.

A link leads to the same answer at that very state, whatever is appended later (`rel="memento"`), and from a past
state to the present one (`rel="original"`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, g, request

from api import paths
from api import reading as api_reading
from registers.entry import timestamp_text
from registers.snapshot import Snapshot
from registers.trees import V2
from registers.v2.hashing import hash_text

AT = "at"


@dataclass(frozen=True, slots=True)
class Memento:
    """The state of an answer: its headers, and the value of `at` that asks for it again (None: not to be asked)."""

    headers: Mapping[str, str]
    at: str | None


@contextmanager
def reading(name: str, at: str | None = None, linked: bool = True) -> Iterator[Snapshot]:
    """The register of that name, now or as `at` asks, as `api.reading` has it; the answer will name its state.

    It links to that state unless its URL says which it is already. Raises what `api.reading.reading` does.
    """
    with api_reading.reading(name, at) as taken:
        name_state(headers_of(taken), str(taken.size) if linked else None)
        yield taken


def headers_of(taken: Snapshot) -> dict[str, str]:
    """The headers that name a state of the user entries. The root is v2's."""
    latest = taken.last_updated
    time = {} if latest is None else {"Register-Time": timestamp_text(latest)}
    return {"Register-Size": str(taken.size), "Register-Root-Hash": hash_text(taken.root(V2)), **time}


def name_state(headers: Mapping[str, str], at: str | None) -> None:
    """Have the answer to the present request name a state."""
    g.memento = Memento(headers, at)


def describe(response: Response) -> Response:
    """Give an answer the headers of its state, and its links beside those that it has."""
    memento: Memento | None = g.get("memento")
    if memento is None or response.status_code != 200:
        return response
    response.headers.update(memento.headers)
    if memento.at is not None:
        present = [response.headers["Link"]] if "Link" in response.headers else []
        response.headers["Link"] = ",".join([*present, *_links(memento.at)])
    return response


def _links(at: str) -> Iterator[str]:
    others = [(name, value) for name, value in request.args.items() if name != AT]
    yield f'<?{urlencode([*others, (AT, at)])}>; rel="memento"'
    if AT in request.args:
        last = request.environ[paths.RAW_PATH].rpartition("/")[2]
        query = f"?{urlencode(others)}" if others else ""
        yield f'<./{last}{query}>; rel="original"'
