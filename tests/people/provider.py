"""A real OpenID provider, npm's oidc-provider, and how somebody signs in there: through its own pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

SCRIPT = Path(__file__).with_name("provider.mjs")
PACKAGE = SCRIPT.parent.parent.parent / "node_modules" / "oidc-provider"
CLIENT_ID, CLIENT_SECRET = "registers", "a secret of two"


@contextmanager
def running(back: str) -> Iterator[str]:
    """The issuer of a provider that sends people back to that URL; the test is skipped where there is none."""
    node = shutil.which("node")
    if node is None or not PACKAGE.is_dir():
        reason = "there is no OpenID provider to test with: it takes node, and npm ci"
        if os.environ.get("REGISTERS_REQUIRE_OPENID") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with subprocess.Popen(
        [node, str(SCRIPT), back], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()  # the end of its input is its end


def go_through(url: str, back: str, name: str, cancel: bool = False) -> str:
    """Sign in there as somebody and agree, or leave; the URL that the provider then sends the browser back to."""
    browser = requests.Session()
    browser.trust_env = False
    answer = browser.get(url, allow_redirects=False)
    for _ in range(20):
        if answer.is_redirect:
            url = urljoin(answer.url, answer.headers["Location"])
            if url.startswith(back):
                return url
            answer = browser.get(url, allow_redirects=False)
        elif cancel:
            (leave,) = re.findall(r'href="([^"]*/abort)"', answer.text)
            answer = browser.get(urljoin(answer.url, unescape(leave)), allow_redirects=False)
        else:
            (action,) = re.findall(r'<form[^>]*action="([^"]*)"', answer.text)
            fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
            sent = {**fields, "login": name, "password": "x"}
            answer = browser.post(urljoin(answer.url, unescape(action)), data=sent, allow_redirects=False)
    raise AssertionError(f"the provider leads nowhere: {answer.url} {answer.status_code}")
