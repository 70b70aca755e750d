"""A provider that lies: a server that says and signs whatever a test has it say; none of it is believed."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from people import openid
from people.openid import Claims, Flow, Provider
from registers.errors import Forbidden, Unavailable

BACK = "http://localhost/back"
FLOW = Flow("the state", "the nonce", "v" * 64)
NOW = int(time.time())
KEY, OTHER = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
SECRET = "a secret of two, and long enough to sign with"


@dataclass
class Liar:
    """What the server answers, by path: an object as JSON, bytes as they are, a number as a status."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], dict[str, list[str]]]] = field(default_factory=list)

    def provider(self, secret: str = SECRET) -> Provider:
        return Provider(self.url, "registers", secret)

    def honest(self) -> None:
        """What an honest provider answers."""
        self.answers["/.well-known/openid-configuration"] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/me",
        }
        self.answers["/jwks"] = {"keys": [KEY.as_dict(private=False)]}
        self.answers["/me"] = {"sub": "ann", "name": "Ann", "email": "ann@example.org", "email_verified": True}
        self.sign()

    def claims(self, **changed: Any) -> dict[str, Any]:
        told = {"iss": self.url, "sub": "ann", "aud": "registers", "exp": NOW + 60, "iat": NOW, "nonce": FLOW.nonce}
        return {name: value for name, value in (told | changed).items() if value is not None}

    def sign(self, key: Any = KEY, header: dict[str, Any] | None = None, **changed: Any) -> None:
        """Have it answer with an ID token of these claims, signed so."""
        header = {"alg": "RS256", "kid": "1"} | (header or {})
        signed = jwt.encode(header, self.claims(**changed), key, algorithms=[header["alg"]])
        self.answers["/token"] = {"access_token": "x", "token_type": "Bearer", "id_token": signed}

    def finish(self) -> Claims:
        return openid.finish(self.provider(), BACK, FLOW, "the code", NOW)


@pytest.fixture
def liar() -> Iterator[Liar]:
    found = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            found.asked.append((self.path, dict(self.headers), parse_qs(self.rfile.read(length).decode())))
            answer = found.answers.get(self.path, 404)
            status = answer if isinstance(answer, int) else 200
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name is the library's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    found.honest()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_honest_answer_is_believed(liar: Liar) -> None:
    assert liar.finish() == Claims(liar.url, "ann", "Ann", "ann@example.org")
    (sent,) = [form for path, _, form in liar.asked if path == "/token"]
    assert (sent["code"], sent["code_verifier"], sent["redirect_uri"]) == (["the code"], [FLOW.verifier], [BACK])


def test_the_secret_goes_to_the_token_endpoint_alone_and_in_its_header(liar: Liar) -> None:
    liar.finish()
    with_secret = [path for path, headers, form in liar.asked if "Basic" in headers.get("Authorization", "")]
    assert with_secret == ["/token"]
    assert all(SECRET not in repr(form) for _, _, form in liar.asked)


def test_claims_in_the_token_spare_the_question(liar: Liar) -> None:
    liar.sign(name="Ann", email="ann@example.org", email_verified=True)
    assert liar.finish().email == "ann@example.org"
    assert "/me" not in [path for path, _, _ in liar.asked]


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"aud": ["somebody else", "another"]},
        {"aud": ["registers", "somebody else"], "azp": "somebody else"},
        {"aud": None},
        {"iss": "https://id.example.org"},
        {"iss": None},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": None},
        {"iat": NOW + 3600},
        {"nbf": NOW + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids="-".join,  # the names alone: workers that share the tests start at different moments
)
def test_a_token_with_another_claim_is_not_believed(liar: Liar, changed: dict[str, Any]) -> None:
    liar.sign(**changed)
    with pytest.raises(Forbidden, match="what the provider answered does not hold"):
        liar.finish()


def sign_with_public_key(liar: Liar) -> None:
    """By hand: the library that makes tokens refuses to."""
    parts = [json.dumps(each).encode() for each in ({"alg": "HS256", "kid": "1"}, liar.claims())]
    signed = b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in parts)
    mark = hmac.digest(KEY.as_pem(private=False), signed, "sha256")
    token = signed + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")
    liar.answers["/token"]["id_token"] = token.decode()


def forge(how: str) -> Callable[[Liar], None]:
    return {
        "by another key of the same name": lambda liar: liar.sign(OTHER),
        "by another kind of key": lambda liar: liar.sign(ECKey.generate_key("P-256"), {"alg": "ES256"}),
        "with the secret that we have too": lambda liar: liar.sign(OctKey.import_key(SECRET), {"alg": "HS256"}),
        "with the public key as a secret": lambda liar: sign_with_public_key(liar),
        "by a key that it names itself": lambda liar: liar.sign(OTHER, {"jwk": OTHER.as_dict(private=False)}),
        "with a key of no name here": lambda liar: liar.sign(KEY, {"kid": "2"}),
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "by another key of the same name",
        "by another kind of key",
        "with the secret that we have too",
        "with the public key as a secret",
        "by a key that it names itself",
        "with a key of no name here",
    ],
)
def test_a_token_that_another_signed_is_not_believed(liar: Liar, how: str) -> None:
    forge(how)(liar)
    with pytest.raises(Forbidden):
        liar.finish()


def spoil(token: str, how: str) -> str:
    header, body, mark = token.split(".")
    return {
        "no signature": f"{header}.{body}.",
        "no algorithm": f"eyJhbGciOiJub25lIn0.{body}.",
        "another body": f"{header}.{body[:-4]}AAAA.{mark}",
        "half of it": token[: len(token) // 2],
        "nothing": "",
        "text": "é",
    }[how]


@pytest.mark.parametrize("how", ["no signature", "no algorithm", "another body", "half of it", "nothing", "text"])
def test_a_token_that_was_changed_is_not_believed(liar: Liar, how: str) -> None:
    liar.answers["/token"]["id_token"] = spoil(liar.answers["/token"]["id_token"], how)
    with pytest.raises(Forbidden):
        liar.finish()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        "text",
        None,
        b"<html>",
        {"error": "invalid_grant"},
        {"access_token": "x"},
        {"id_token": 7},
        400,
        500,
        302,
    ],
    ids=repr,
)
def test_what_is_no_answer_signs_nobody_in(liar: Liar, answer: object) -> None:
    liar.answers["/token"] = answer
    with pytest.raises((Forbidden, Unavailable)):
        liar.finish()
    assert "/elsewhere" not in [path for path, _, _ in liar.asked]


@pytest.mark.parametrize(
    "about",
    [
        {"sub": "bob", "email": "bob@example.org", "email_verified": True},
        {"email": "bob@example.org", "email_verified": True},
        {"sub": "ann", "email": "bob@example.org", "email_verified": False},
        {"sub": "ann", "email": "bob@example.org", "email_verified": "true"},
        {"sub": "ann", "email": "bob@example.org"},
        {"sub": "ann", "email": ["bob@example.org"], "email_verified": True},
        [],
        b"<html>",
        500,
    ],
    ids=repr,
)
def test_an_e_mail_is_taken_only_when_it_is_theirs_and_verified(liar: Liar, about: object) -> None:
    liar.answers["/me"] = about
    found = liar.finish()
    assert (found.subject, found.email) == ("ann", "")


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://id.example.org"},
        {"issuer": None},
        {"token_endpoint": "http://id.example.org/token"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=repr,
)
def test_a_provider_that_is_not_what_it_should_be_is_not_used(liar: Liar, changed: dict[str, object]) -> None:
    liar.answers["/.well-known/openid-configuration"] |= changed
    with pytest.raises(Unavailable):
        openid.begin(liar.provider(), BACK)
    with pytest.raises(Unavailable):
        liar.finish()
    assert [path for path, _, _ in liar.asked if path != "/.well-known/openid-configuration"] == []


@pytest.mark.parametrize("answer", [b"<html>", [], "text", 404, 500, 302], ids=repr)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks"])
def test_a_provider_that_publishes_nothing_is_down(liar: Liar, path: str, answer: object) -> None:
    liar.answers[path] = answer
    with pytest.raises((Unavailable, Forbidden)):
        liar.finish()


def test_a_provider_that_nobody_answers_for_is_down() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        openid.begin(Provider("http://127.0.0.1:1", "registers", ""), BACK)


def test_a_key_that_was_replaced_is_believed_no_longer(liar: Liar) -> None:
    assert liar.finish()
    liar.answers["/jwks"] = {"keys": [RSAKey.generate_key(2048, {"kid": "2"}).as_dict(private=False)]}
    with pytest.raises(Forbidden):
        liar.finish()


@pytest.mark.parametrize("key", [ECKey.generate_key("P-256", {"kid": "1"})], ids=["ES256"])
def test_other_kinds_of_keys_are_believed(liar: Liar, key: Any) -> None:
    liar.answers["/jwks"] = {"keys": [key.as_dict(private=False)]}
    liar.sign(key, {"alg": "ES256"})
    assert liar.finish().subject == "ann"
