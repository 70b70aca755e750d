"""A file of a publisher's is fetched whole or not at all, whatever the network does.

    url ──▶ name.part, with name.part.json beside it ──▶ name, with name.whole.json beside it

What has come so far stays in the `.part` file, and the next attempt, or the next process, asks for the rest of it,
on condition that it is still the same file (If-Range, RFC 9110 §13.1.5): two versions are never mixed. A file that
is here already is asked for on condition that it has changed. The folder is this module's own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urljoin, urlsplit

import requests

from loaders import asking
from loaders.asking import REDIRECTS, Again, check_url, is_count, status_text
from loaders.partial import Kept, Partial, Validators, digest_of
from registers.errors import Invalid, NotFound, TooLarge

LIMIT = 4_000_000_000  # bytes of a file; the largest that a source publishes has a tenth of that
CHUNK = 1 << 16  # bytes; what is lost when an answer breaks off
MOST_REDIRECTS = 5
PAGES = ("text/html", "application/xhtml+xml")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole file. `etag` and `last_modified` are blank if the publisher says nothing; `is_new` unless it was here."""

    path: Path
    url: str
    sha256: str
    bytes: int
    etag: str
    last_modified: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file must be, as far as that is known: its SHA-256 in hex, and how many bytes it has at most."""

    sha256: str | None = None
    bytes: int | None = None


ANYTHING = Expected()


def fetch(
    url: str,
    folder: Path,
    progress: Progress,
    *,
    expected: Expected = ANYTHING,
    session: Callable[[], requests.Session] = requests.Session,
    sleep: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Fetch a file into a folder, under the last name of its URL.

    `progress` is told the bytes that are here and those there are, 0 if nobody knows. What is not as `expected` is
    thrown away, what is longer as soon as it is.

    Raises Invalid for a URL that is none, an answer that is no file and a wrong SHA-256, NotFound, TooLarge,
    Unavailable when all attempts have failed, and Conflict while another process fetches the same.
    """
    check_url(url)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _name(url)
    with session() as client, Partial(path, url) as part:
        attempt = _Attempt(client, part, progress, expected, part.whole())
        return asking.persist(attempt.run, sleep)


def _name(url: str) -> str:
    """The last name in the path of a URL, of characters that mean nothing to a file system."""
    last = unquote(urlsplit(url).path).rpartition("/")[2]
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", last)
    return plain.lstrip(".")[-100:] or "file"


@dataclass(slots=True)
class _Attempt:
    """What an attempt works with; it can be run again, and goes on where the last one ended."""

    client: requests.Session
    part: Partial
    progress: Progress
    expected: Expected
    kept: Kept | None

    def run(self) -> Fetched:
        """The file. Raises Again when another attempt may fare better."""
        response = self._ask(_conditions(self.part, self.kept))
        with response:
            if self.kept is not None and response.status_code == HTTPStatus.NOT_MODIFIED:
                return self._as_it_is(self.kept)
            self._begin(response)
            total = self._copy(response)
        return self._finish(total)

    def _ask(self, headers: dict[str, str]) -> requests.Response:
        """The answer, past redirects, with nothing of its body read yet."""
        url = self.part.url
        for _ in range(MOST_REDIRECTS + 1):
            response = asking.get(self.client, url, headers)
            if response.status_code not in REDIRECTS:
                return response
            response.close()
            url = _redirected(url, response.headers.get("location", ""))
        raise Invalid(f"{self.part.url} redirects more than {MOST_REDIRECTS} times; it may go round in circles")

    def _begin(self, response: requests.Response) -> None:
        """Make the part fit the answer: it goes on, or begins anew. Raises for an answer that is no file."""
        status, url = response.status_code, self.part.url
        asking.check_not_busy(response, url)
        if status == HTTPStatus.PARTIAL_CONTENT:
            self._check_range(response)
        elif status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._start_again("has no more bytes than are here already")
        elif status != HTTPStatus.OK:
            raise (NotFound if status in (404, 410) else Invalid)(f"{url} answered {status_text(status)}")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in PAGES:
            raise Invalid(f"{url} answered with a page ({kind}) where a file was expected; look at it in a browser")
        if status == HTTPStatus.OK:
            self.part.begin(_validators(response))

    def _check_range(self, response: requests.Response) -> None:
        """Drop what is here and raise Again unless the answer is the rest of it."""
        found, kept = _validators(response), self.part.validators
        if _range(response)[0] != self.part.size or _is_encoded(response):
            self._start_again("answered with another part than was asked for")
        if not self.part.size or found.differs(kept):
            self._start_again("changed between two attempts")

    def _start_again(self, reason: str) -> NoReturn:
        self.part.begin(Validators())
        raise Again(f"{self.part.url} {reason}")

    def _copy(self, response: requests.Response) -> int:
        """Write the body behind what is here; how many bytes the whole file has, 0 if that is not known."""
        total = _total(response)
        self._check_size(total)
        try:
            for chunk in response.iter_content(CHUNK):
                self._check_size(self.part.size + len(chunk))
                self.part.write(chunk)
                self.progress(self.part.size, total)
        except requests.RequestException:
            raise Again(self._broken_off(total)) from None
        if total and self.part.size != total:
            raise Again(self._broken_off(total))
        return total

    def _check_size(self, size: int) -> None:
        most = self.expected.bytes
        if size > (LIMIT if most is None else most):
            self.part.begin(Validators())
            reason = f"{LIMIT:,} bytes, which is more than is ever fetched"
            raise TooLarge(f"{self.part.url} has more than {reason if most is None else f'its {most:,} bytes'}")

    def _broken_off(self, total: int) -> str:
        return f"{self.part.url} broke off after {self.part.size:,} of {f'{total:,}' if total else 'unknown'} bytes"

    def _as_it_is(self, kept: Kept) -> Fetched:
        if self._is_wrong(kept.sha256):
            self.part.drop_whole()
            self._refuse(kept.sha256)
        self.progress(kept.bytes, kept.bytes)
        return self._fetched(kept, is_new=False)

    def _finish(self, total: int) -> Fetched:
        self.part.flush()
        digest = digest_of(self.part.path)
        if self._is_wrong(digest):
            self.part.begin(Validators())
            self._refuse(digest)
        kept = self.part.finish(digest)
        if not total:
            self.progress(kept.bytes, kept.bytes)
        return self._fetched(kept, is_new=True)

    def _is_wrong(self, digest: str) -> bool:
        return self.expected.sha256 is not None and self.expected.sha256.strip().lower() != digest

    def _refuse(self, digest: str) -> NoReturn:
        raise Invalid(
            f"{self.part.url} is not the file that was expected: its SHA-256 is {digest}, not {self.expected.sha256}; "
            "it was thrown away"
        )

    def _fetched(self, kept: Kept, is_new: bool) -> Fetched:
        return Fetched(self.part.target, is_new=is_new, **asdict(kept))


def _conditions(part: Partial, kept: Kept | None) -> dict[str, str]:
    """The headers of a request: for the rest of what is here in part, unless what is here whole is as it was."""
    headers = asking.user_agent() | {"Accept-Encoding": "identity"}
    if part.size and part.validators.strong:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": part.validators.strong}
    if kept is not None and kept.etag:
        headers["If-None-Match"] = kept.etag
    elif kept is not None and kept.last_modified:
        headers["If-Modified-Since"] = kept.last_modified
    return headers


def _redirected(url: str, location: str) -> str:
    if not location:
        raise Invalid(f"{url} redirects to nowhere")
    target = urljoin(url, location)
    check_url(target)
    if url.startswith("https:") and not target.startswith("https:"):
        raise Invalid(f"{url} redirects to {target}, where anybody on the way could change the file")
    return target


def _validators(response: requests.Response) -> Validators:
    """What tells this version of the file from others; none if its bytes are not those that a range counts."""
    if _is_encoded(response):
        return Validators()
    return Validators(response.headers.get("etag", ""), response.headers.get("last-modified", ""))


def _is_encoded(response: requests.Response) -> bool:
    return response.headers.get("content-encoding", "identity").lower() not in ("", "identity")


def _range(response: requests.Response) -> tuple[int, int]:
    """Where an answer of a part begins, -1 if it does not say so, and how many bytes there are, 0 if unknown."""
    unit, _, rest = response.headers.get("content-range", "").partition(" ")
    span, _, total = rest.partition("/")
    first = span.partition("-")[0]
    return int(first) if unit == "bytes" and is_count(first) else -1, int(total) if is_count(total) else 0


def _total(response: requests.Response) -> int:
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        return _range(response)[1]
    length = response.headers.get("content-length", "")
    return int(length) if is_count(length) and not _is_encoded(response) else 0
