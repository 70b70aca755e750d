"""A file of a publisher's is fetched whole or not at all, whatever the network does.

    url ──▶ name.part, with name.part.json beside it ──▶ name, with name.whole.json beside it

What has come so far stays in the `.part` file, and the next attempt, or the next process, asks for the rest of it,
on condition that it is still the same file (If-Range, RFC 9110 §13.1.5): two versions are never mixed. A file that
is here already is asked for on condition that it has changed. The folder is this module's own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urljoin, urlsplit

import requests

from loaders.partial import Kept, Partial, Validators, digest_of
from registers.errors import Invalid, NotFound, TooLarge, Unavailable

LIMIT = 4_000_000_000  # bytes of a file; the largest that a source publishes has a tenth of that
CHUNK = 1 << 16  # bytes; what is lost when an answer breaks off
CONNECTING, SILENCE = 10, 60  # seconds that may go by until there is a connection; and between two pieces of an answer
DELAYS = (1, 2, 4, 8, 16)  # seconds before each attempt after the first
LONGEST_DELAY = 120  # seconds, if a server asks for more
MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
TRY_AGAIN = (408, 425, 429)  # and 5xx
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


class _Again(Exception):
    """An attempt that failed and may succeed later, not before `wait` seconds have passed."""

    def __init__(self, sentence: str, wait: float = 0) -> None:
        super().__init__(sentence)
        self.wait = wait


def fetch(
    url: str,
    folder: Path,
    progress: Progress,
    *,
    checksum: str | None = None,
    session: Callable[[], requests.Session] = requests.Session,
    sleep: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Fetch a file into a folder, under the last name of its URL.

    `progress` is told the bytes that are here and those there are, 0 if nobody knows. `checksum` is the SHA-256 in
    hex that the file must have; one that has another is thrown away.

    Raises Invalid for a URL that is none, an answer that is no file and a wrong checksum, NotFound, TooLarge,
    Unavailable when all attempts have failed, and Conflict while another process fetches the same.
    """
    check_url(url)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _name(url)
    with session() as client, Partial(path, url) as part:
        attempt = _Attempt(client, part, progress, checksum, part.whole())
        for delay in DELAYS:
            try:
                return attempt.run()
            except _Again as failure:
                sleep(min(max(delay, failure.wait), LONGEST_DELAY))
        try:
            return attempt.run()
        except _Again as failure:
            raise Unavailable(f"{failure}, and {len(DELAYS)} attempts before failed too; try again later") from None


def check_url(url: str) -> None:
    """Raise Invalid unless this is a URL that can be fetched: of a host, by HTTP, with no password in it."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named or parts.scheme not in ("http", "https"):
        raise Invalid(f"{url!r} is no URL of a file; one begins with https:// or http:// and the name of a host")
    if "@" in parts.netloc:
        raise Invalid("a URL holds no user name and no password: it is written down where others read it")


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
    checksum: str | None
    kept: Kept | None

    def run(self) -> Fetched:
        """The file. Raises _Again when another attempt may fare better."""
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
            response = _get(self.client, url, headers)
            if response.status_code not in REDIRECTS:
                return response
            response.close()
            url = _redirected(url, response.headers.get("location", ""))
        raise Invalid(f"{self.part.url} redirects more than {MOST_REDIRECTS} times; it may go round in circles")

    def _begin(self, response: requests.Response) -> None:
        """Make the part fit the answer: it goes on, or begins anew. Raises for an answer that is no file."""
        status, url = response.status_code, self.part.url
        if status == HTTPStatus.PARTIAL_CONTENT:
            self._check_range(response)
        elif status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._start_again("has no more bytes than are here already")
        elif status >= 500 or status in TRY_AGAIN:
            raise _Again(f"{url} answered {_status(status)}", _retry_after(response))
        elif status != HTTPStatus.OK:
            raise (NotFound if status in (404, 410) else Invalid)(f"{url} answered {_status(status)}")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in PAGES:
            raise Invalid(f"{url} answered with a page ({kind}) where a file was expected; look at it in a browser")
        if status == HTTPStatus.OK:
            self.part.begin(_validators(response))

    def _check_range(self, response: requests.Response) -> None:
        """Drop what is here and raise _Again unless the answer is the rest of it."""
        found, kept = _validators(response), self.part.validators
        if _range(response)[0] != self.part.size or _is_encoded(response):
            self._start_again("answered with another part than was asked for")
        if not self.part.size or found.differs(kept):
            self._start_again("changed between two attempts")

    def _start_again(self, reason: str) -> NoReturn:
        self.part.begin(Validators())
        raise _Again(f"{self.part.url} {reason}")

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
            raise _Again(self._broken_off(total)) from None
        if total and self.part.size != total:
            raise _Again(self._broken_off(total))
        return total

    def _check_size(self, size: int) -> None:
        if size > LIMIT:
            self.part.begin(Validators())
            raise TooLarge(f"{self.part.url} has more than {LIMIT:,} bytes, which is more than is ever fetched")

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
        return self.checksum is not None and self.checksum.strip().lower() != digest

    def _refuse(self, digest: str) -> NoReturn:
        raise Invalid(
            f"{self.part.url} is not the file that was expected: its SHA-256 is {digest}, not {self.checksum}; "
            "it was thrown away"
        )

    def _fetched(self, kept: Kept, is_new: bool) -> Fetched:
        return Fetched(self.part.target, is_new=is_new, **asdict(kept))


def _conditions(part: Partial, kept: Kept | None) -> dict[str, str]:
    """The headers of a request: for the rest of what is here in part, unless what is here whole is as it was."""
    headers = {"User-Agent": f"registers/{version('registers')}", "Accept-Encoding": "identity"}
    if part.size and part.validators.strong:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": part.validators.strong}
    if kept is not None and kept.etag:
        headers["If-None-Match"] = kept.etag
    elif kept is not None and kept.last_modified:
        headers["If-Modified-Since"] = kept.last_modified
    return headers


def _get(client: requests.Session, url: str, headers: dict[str, str]) -> requests.Response:
    try:
        return client.get(url, headers=headers, stream=True, allow_redirects=False, timeout=(CONNECTING, SILENCE))
    except requests.exceptions.SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Invalid(f"the certificate of {url} is not to be trusted: {error}") from None
        raise _Again(f"{url} cannot be reached by TLS") from None
    except requests.Timeout:
        raise _Again(f"{url} did not answer in time") from None
    except requests.ConnectionError:
        raise _Again(f"{url} cannot be reached") from None
    except requests.RequestException as error:
        raise Invalid(f"{url} cannot be fetched: {error}") from None


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
    return int(first) if unit == "bytes" and _is_count(first) else -1, int(total) if _is_count(total) else 0


def _total(response: requests.Response) -> int:
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        return _range(response)[1]
    length = response.headers.get("content-length", "")
    return int(length) if _is_count(length) and not _is_encoded(response) else 0


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _retry_after(response: requests.Response) -> float:
    """How many seconds a server wants to be left alone; a date is measured from the answer's own."""
    value = response.headers.get("retry-after", "").strip()
    if _is_count(value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - parsedate_to_datetime(response.headers.get("date", ""))).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _status(status: int) -> str:
    known: Iterator[str] = (f"{each.value} ({each.phrase})" for each in HTTPStatus if each.value == status)
    return next(known, str(status))
