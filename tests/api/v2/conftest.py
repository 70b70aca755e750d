"""How to ask version 2, and to follow its links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Ask = Callable[..., TestResponse]
_LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"')


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Ask for a path below /v2/registers, once on each engine."""
    return asking(client)


def asking(client: FlaskClient) -> Ask:
    """Ask a client for paths below /v2/registers."""

    def ask(path: str, **given: object) -> TestResponse:
        return client.get(f"/v2/registers{path}", buffered=True, **given)

    return ask


def links(answer: TestResponse) -> dict[str, str]:
    """The targets of an answer's links, by relation; there is one header of them at most."""
    headers = answer.headers.getlist("Link")
    assert len(headers) <= 1
    return {relation: target for target, relation in _LINK.findall("".join(headers))}


def pages(ask: Ask, path: str) -> Iterator[TestResponse]:
    """All pages of a resource, by its links."""
    resource, _, query = path.partition("?")
    target = f"?{query}"
    while target:
        answer = ask(resource + target)
        assert answer.status_code == 200, answer.data
        yield answer
        target = links(answer).get("next", "")
