"""One message to one subscriber: how it is signed, and how it is sent.

The signature is that of the Standard Webhooks specification 1.0.0: HMAC-SHA256 over `id.timestamp.body`, base64,
behind `v1,`; a secret is written `whsec_` and base64. A message is sent to the address that was judged fit, and
nowhere else: no redirect is followed, no proxy is asked, no cookie is kept.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import http.client
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version

from notices.addresses import Target
from registers.errors import Invalid

SECRET = "whsec_"  # noqa: S105 - how a secret begins, not one
SECRET_BYTES = (24, 64)  # how long a secret may be, decoded
TIMEOUT = 10.0  # seconds for all of it, the connection and the answer
ANSWER_LIMIT = 64 * 1024  # bytes of an answer that are read; what it says is not kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: the status that was answered, or (None) why there was none."""

    status: int | None
    error: str
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        """Whether the subscriber has the message."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_refused_for_good(self) -> bool:
        """Whether the subscriber wants no more messages: 410 Gone."""
        return self.status == http.client.GONE


def new_secret() -> str:
    """A secret of 256 random bits."""
    return SECRET + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Raise Invalid unless this is a secret as the specification writes one."""
    if len(_key(secret)) not in range(SECRET_BYTES[0], SECRET_BYTES[1] + 1):
        raise Invalid(
            f"secret: is {SECRET} and the base64 of {SECRET_BYTES[0]} to {SECRET_BYTES[1]} random bytes; "
            "leave it out and one is made"
        )


def _key(secret: str) -> bytes:
    """The bytes of a secret; none when it is not written as it should be."""
    try:
        return base64.b64decode(secret.removeprefix(SECRET), validate=True) if secret.startswith(SECRET) else b""
    except (binascii.Error, ValueError):
        return b""


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header webhook-signature."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, sha256)).decode()


def headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that a message is sent with."""
    return {
        "Content-Type": "application/json",
        "User-Agent": f"registers/{version('registers')}",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, message_id, timestamp, body),
    }


def send(target: Target, address: str, body: bytes, headers: Mapping[str, str], timeout: float = TIMEOUT) -> Outcome:
    """Post a message to `address`, one of the target's; never raises for what the other side does."""
    begun = time.monotonic()
    status, error = None, ""
    try:
        with closing(_Connection(target, address, timeout)) as connection, _deadline(connection, timeout):
            connection.request("POST", target.resource, body, {**headers, "Host": target.authority})
            with closing(connection.getresponse()) as answer:
                status = answer.status
                answer.read(ANSWER_LIMIT)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        error = "" if status else _sentence(failure, time.monotonic() - begun >= timeout)
    return Outcome(status, error, round((time.monotonic() - begun) * 1000))


class _Connection(http.client.HTTPConnection):
    """A connection to one address, under the name that the target's URL has."""

    def __init__(self, target: Target, address: str, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self.address = address
        self.server_name = target.host if target.scheme == "https" else None
        self.is_late = False
        self._reached: socket.socket | None = None

    def connect(self) -> None:
        """Connect, over TLS for https: the certificate is held against the name, not the address."""
        self.sock = self._reached = socket.create_connection((self.address, self.port), self.timeout)
        if self.server_name is not None:
            # The handshake begins once `break_off` can reach the socket.
            secure = _tls().wrap_socket(self.sock, server_hostname=self.server_name, do_handshake_on_connect=False)
            self.sock = self._reached = secure
            secure.do_handshake()
        if self.is_late:
            raise TimeoutError

    def break_off(self) -> None:
        """End what is going on, from another thread; `sock` is None while an answer without a length is read."""
        self.is_late = True
        try:
            if self._reached is not None:
                self._reached.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended by itself


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _deadline(connection: _Connection, seconds: float) -> Iterator[None]:
    """A limit on all of an attempt; the socket's own is on each wait, and a drip would never reach it."""
    timer = threading.Timer(seconds, connection.break_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _sentence(failure: Exception, late: bool) -> str:
    """Why there was no answer, in a few words that name nothing of this machine."""
    if late or isinstance(failure, TimeoutError):
        return "no answer in time"
    if isinstance(failure, ssl.SSLError):
        return f"TLS failed: {failure.reason or type(failure).__name__}"
    if isinstance(failure, OSError):
        return f"no connection: {failure.strerror or type(failure).__name__}"
    return f"the answer is not HTTP: {type(failure).__name__}"
