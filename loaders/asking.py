"""A question over HTTP, asked again while an answer may yet come.

What a publisher or another service answers is told apart here: what may be different in a while (`Again`) is tried
again after longer and longer delays, or when the other side says so; what will not be is an error at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from registers.errors import Invalid, Unavailable

CONNECTING, SILENCE = 10, 60  # seconds that may go by until there is a connection; and between two pieces of an answer
DELAYS = (1, 2, 4, 8, 16)  # seconds before each attempt after the first
LONGEST_DELAY = 120  # seconds, if a server asks for more
REDIRECTS = (301, 302, 303, 307, 308)
TRY_AGAIN = (202, 408, 425, 429)  # and 5xx; 202 is from who makes the file just now

Sleep = Callable[[float], None]
Answered = TypeVar("Answered")


class Again(Exception):
    """An attempt that failed and may succeed later, not before `wait` seconds have passed."""

    def __init__(self, sentence: str, wait: float = 0) -> None:
        super().__init__(sentence)
        self.wait = wait


def persist(act: Callable[[], Answered], sleep: Sleep = time.sleep) -> Answered:
    """What an act gives, tried again while it raises Again. Raises Unavailable when all attempts have failed."""
    for delay in DELAYS:
        try:
            return act()
        except Again as failure:
            sleep(min(max(delay, failure.wait), LONGEST_DELAY))
    try:
        return act()
    except Again as failure:
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


def user_agent() -> dict[str, str]:
    """The header that says who asks."""
    return {"User-Agent": f"registers/{version('registers')}"}


def check_not_busy(response: requests.Response, url: str) -> None:
    """Raise Again for a status that may be another in a while."""
    if response.status_code >= 500 or response.status_code in TRY_AGAIN:
        raise Again(f"{url} answered {status_text(response.status_code)}", retry_after(response))


def get(client: requests.Session, url: str, headers: Mapping[str, str]) -> requests.Response:
    """The answer, a redirect too, with nothing of its body read yet.

    Raises Again, and Invalid for a certificate that is not to be trusted and a URL that cannot be asked for.
    """
    try:
        return client.get(url, headers=headers, stream=True, allow_redirects=False, timeout=(CONNECTING, SILENCE))
    except requests.exceptions.SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Invalid(f"the certificate of {url} is not to be trusted: {error}") from None
        raise Again(f"{url} cannot be reached by TLS") from None
    except requests.Timeout:
        raise Again(f"{url} did not answer in time") from None
    except requests.ConnectionError:
        raise Again(f"{url} cannot be reached") from None
    except requests.RequestException as error:
        raise Invalid(f"{url} cannot be fetched: {error}") from None


def retry_after(response: requests.Response) -> float:
    """How many seconds a server wants to be left alone; a date is measured from the answer's own."""
    value = response.headers.get("retry-after", "").strip()
    if is_count(value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - parsedate_to_datetime(response.headers.get("date", ""))).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def is_count(text: str) -> bool:
    """Whether a header holds a number of bytes or seconds."""
    return text.isascii() and text.isdigit() and len(text) < 20


def status_text(status: int) -> str:
    """A status with its name, as a sentence has it."""
    known: Iterator[str] = (f"{each.value} ({each.phrase})" for each in HTTPStatus if each.value == status)
    return next(known, str(status))
