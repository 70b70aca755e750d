"""Another service of registers, as it is asked for what there is and for what a file should be.

It is not trusted: answers are limited in length, and nothing is fetched from anywhere but the service itself.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from loaders import asking
from loaders.asking import REDIRECTS, Again, Sleep, check_url, status_text
from registers.definition import check_name
from registers.entry import shortened
from registers.errors import Gone, Invalid, NotFound, RegistersError, TooLarge

LIMIT = 16 * 1024 * 1024  # bytes of an answer that is no file
CHUNK = 1 << 16
WAIT = {
    "Prefer": "respond-async"
}  # a text that is not made yet is to be made, not sent without anything to check it by
_STATES = r"/v2/registers/(?P<register>[^/?#]+)/"
_LIST = re.compile(r"(/v2(/registers)?)?/*\Z")
_PLACE = re.compile(_STATES + r"download/(?P<size>[0-9]{1,15})/manifest\.json")
_RENAMED = re.compile(_STATES)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the URL that was asked, the status, the headers, the body as text."""

    url: str
    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """The body as JSON. Raises Invalid."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            raise Invalid(f"{self.url} answered with what is no JSON") from None

    def refusal(self) -> RegistersError:
        """The error that this answer is, with what the service says of it."""
        kinds = {404: NotFound, 410: Gone}
        try:
            said = json.loads(self.text)["detail"]
        except (ValueError, RecursionError, KeyError, TypeError):
            said = ""
        reason = f": {shortened(said, 200)}" if isinstance(said, str) and said else ""
        return kinds.get(self.status, Invalid)(f"{self.url} answered {status_text(self.status)}{reason}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a register's files are at a state: what their URLs begin with, and the size."""

    url: str
    register: str
    size: int

    def of(self, file: str) -> str:
        """The URL of a file."""
        return f"{self.url}/{file}"


class _Only(requests.Session):
    """A session that goes nowhere but to one service, whatever it redirects to."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = urlsplit(base)
        self.headers.update(WAIT)

    def send(self, request: requests.PreparedRequest, **given: Any) -> requests.Response:
        """Send a request. Raises InvalidURL for one that leads to another host."""
        target = urlsplit(request.url or "")
        if (target.scheme, target.netloc) != (self._base.scheme, self._base.netloc):
            raise requests.exceptions.InvalidURL(f"it is not of {self._base.netloc}, which is what is synced")
        return super().send(request, **given)


@dataclass(frozen=True, slots=True)
class Service:
    """The service whose URLs begin with `base`."""

    base: str
    sleep: Sleep = time.sleep

    def session(self) -> requests.Session:
        """What asks this service, and no other."""
        return _Only(self.base)

    def ask(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """What a URL answers, a redirect too. Raises Unavailable when it does not answer, TooLarge, Invalid."""
        return asking.persist(lambda: self._ask(url, headers or {}), self.sleep)

    def _ask(self, url: str, headers: Mapping[str, str]) -> Answer:
        with self.session() as client, asking.get(client, url, {**asking.user_agent(), **headers}) as response:
            if response.status_code != 202:
                asking.check_not_busy(response, url)
            return Answer(url, response.status_code, response.headers, _read(response, url))

    def registers(self) -> list[str]:
        """The names of the published registers. Raises Invalid for a URL that is not one of a service."""
        answer = self.ask(f"{self.base}/v2/registers")
        if answer.status == 404:
            raise NotFound(f"{self.base} is not the address of a service of registers: {answer.url} is not there")
        if answer.status != 200:
            raise answer.refusal()
        try:
            return [check_name(each["register"]) for each in answer.json()["registers"]]
        except (KeyError, TypeError):
            raise Invalid(f"{answer.url} answered with what is no list of registers") from None

    def find(self, register: str) -> Place:
        """Where the files of the present state of a register are. Raises NotFound, Gone, Invalid."""
        answer = self.ask(f"{self.base}/v2/registers/{register}/download/manifest.json")
        if answer.status not in REDIRECTS:
            raise answer.refusal()
        target = urljoin(answer.url, answer.headers.get("location", ""))
        path = target.removeprefix(self.base)
        if target != path and (found := _PLACE.fullmatch(path)) and found["register"] == register:
            return Place(target.removesuffix("/manifest.json"), register, int(found["size"]))
        if target != path and (moved := _RENAMED.match(path)) and moved["register"] != register:
            raise NotFound(f"the register {register} is called {shortened(moved['register'])} there now; sync that")
        raise Invalid(f"{answer.url} leads to {shortened(target, 200)}, which is no state of the register there")


def service_at(url: str, sleep: Sleep = time.sleep) -> Service:
    """The service at a URL: that of its front page, or of its list of registers. Raises Invalid for what is none."""
    check_url(url)
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise Invalid(f"{url} is no URL of a service: one ends where its paths begin, as https://registers.example.org")
    return Service(_LIST.sub("", url), sleep)


def _read(response: requests.Response, url: str) -> str:
    read = bytearray()
    if response.headers.get("content-disposition"):
        return ""  # a file, which is fetched in another way
    try:
        for chunk in response.iter_content(CHUNK):
            read += chunk
            if len(read) > LIMIT:
                raise TooLarge(f"{url} answered with more than {LIMIT:,} bytes, which is not what was asked for")
    except requests.RequestException:
        raise Again(f"{url} broke off") from None
    return read.decode("utf-8", "replace")
