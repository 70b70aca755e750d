"""A mail server that tests send to: a real one, that keeps what it takes, and answers as a test tells it to."""

from __future__ import annotations

import datetime
import email.policy
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notices.posting import Office
from notices.smtp import Server

SENDER = "registers@registers.example.org"
USER, PASSWORD = "registers", "open:sesame @ home"


@dataclass(frozen=True)
class Taken:
    """A mail as it came: who was in the envelope, and the mail."""

    sender: str
    to: list[str]
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, as another program reads it."""
        read = message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(read, EmailMessage) and read.defects == []
        return read

    @property
    def text(self) -> str:
        """What it says."""
        return str(self.mail.get_content()).replace("\r\n", "\n")


@dataclass
class Mailbox:
    """What came, and how the next mails are answered: to the address, and to the mail itself; 250 when nothing is said.

    With `hangs` set a mail is taken, and the answer waits until `ending`.
    """

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    to_address: list[str] = field(default_factory=list)
    to_mail: list[str] = field(default_factory=list)
    hangs: bool = False
    ending: threading.Event = field(default_factory=threading.Event)
    sessions: list[Any] = field(default_factory=list)

    @property
    def office(self) -> Office:
        """How to send to it."""
        return Office(Server("smtp", "localhost", self.port), SENDER)

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what came."""
        return [str(each.mail["Message-ID"]) for each in self.taken]

    async def handle_RCPT(self, _server: Any, session: Any, envelope: Any, address: str, _options: Any) -> str:
        """Take an address, or not."""
        if self.to_address:
            return self.to_address.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail, or not."""
        self.sessions.append(session)
        if self.to_mail:
            return self.to_mail.pop(0)
        self.taken.append(Taken(envelope.mail_from, list(envelope.rcpt_tos), bytes(envelope.original_content)))
        if self.hangs:
            await server.loop.run_in_executor(None, self.ending.wait, 30)
        return "250 OK"


class _Anywhere(Controller):
    """On a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@contextmanager
def serving(mailbox: Mailbox, **options: Any) -> Iterator[Mailbox]:
    """A mail server on this machine; `options` are aiosmtpd's."""
    controller = _Anywhere(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        mailbox.ending.set()
        controller.stop()


def admitting() -> dict[str, Any]:
    """Options for a server that takes mails of one user, over TLS."""

    def judge(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=given == known, handled=False)

    return {"authenticator": judge, "auth_required": True}


def certified(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """What a server of a name needs for TLS, and the file of the authority that says it is the one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return context, certificate
