"""Talking to a mail server: SMTP (RFC 5321), over TLS, and what its answers mean.

A server on another machine is talked to over TLS alone: from the first byte (`smtps://`, RFC 8314), or after STARTTLS
(`smtp://`, RFC 3207), never without it. One on this very machine may be without. Its certificate is held against its
name. What a server answers is told by its number: its words may name whom a mail was for.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
TIMEOUT = 30.0  # seconds for each answer of the server
HERE = ("localhost", "127.0.0.1", "::1")
NO_SUCH_BOX = (550, 551, 553)  # answers to RCPT that will be no others tomorrow
POLICY = SMTP.clone(cte_type="7bit")  # each server takes that


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, and who this service is to it (no user: nobody)."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it goes out. `unsubscribe` is a URL that ends mails like it, if there is one (RFC 2369, RFC 8058)."""

    id: str
    sender: str
    to: str
    subject: str
    text: str
    time: str  # RFC 5322 §3.3
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: `error` is why it was not taken; `for_good` that it never will be, `for_all` that no
    other will be now.
    """

    error: str = ""
    for_good: bool = False
    for_all: bool = False


def parse_server(url: str) -> Server:
    """The server that the setting REGISTERS_SMTP_URL names, once the settings were checked."""
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    return Server(
        parts.scheme, parts.hostname or "", port, unquote(parts.username or ""), unquote(parts.password or "")
    )


@contextmanager
def connected(server: Server, timeout: float = TIMEOUT) -> Iterator[smtplib.SMTP]:
    """A conversation with a server, up to where mails can be handed over. Raises OSError, of which SMTPException is."""
    if server.scheme == "smtps":
        made: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=_tls())
    else:
        made = smtplib.SMTP(server.host, server.port, timeout=timeout)
    with made as line:
        line.ehlo_or_helo_if_needed()
        if server.scheme == "smtp" and (server.host not in HERE or line.has_extn("starttls")):
            line.starttls(context=_tls())
        if server.user:
            line.login(server.user, server.password)
        yield line


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def send(line: smtplib.SMTP, mail: Mail) -> Outcome:
    """Hand a mail over; what became of it. Once this returns without an error the server has it for good.

    Raises OSError when the conversation broke off.
    """
    options = () if mail.to.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
    try:
        line.sendmail(mail.sender, [mail.to], written(mail), options)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        return Outcome(f"the mail server answered {code} to the address", for_good=code in NO_SUCH_BOX)
    except smtplib.SMTPSenderRefused as refused:
        return Outcome(f"the mail server answered {refused.smtp_code} to the sender", for_all=True)
    except smtplib.SMTPDataError as refused:
        return Outcome(f"the mail server answered {refused.smtp_code} to the mail")
    except smtplib.SMTPNotSupportedError:
        return Outcome("the mail server takes no address that is not ASCII", for_good=True)
    return Outcome()


def written(mail: Mail) -> bytes:
    """The bytes of a mail: plain text, and headers that no value can add to."""
    message = EmailMessage(POLICY if mail.to.isascii() else POLICY.clone(utf8=True))
    message["From"] = mail.sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = mail.time
    message["Message-ID"] = f"<{mail.id}@{mail.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: so that no machine answers
    message.set_content(mail.text)
    return _list_headers(mail.unsubscribe) + message.as_bytes()


def _list_headers(url: str) -> bytes:
    """The headers with which a mail program ends mails like this one, written here: they are not to be folded."""
    if not url:
        return b""
    if not url.isascii() or any(sign in url for sign in "<> \r\n\t"):
        raise ValueError("this is no URL that can stand in a header")
    return f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode()


def sentence(failure: OSError) -> str:
    """Why a conversation failed, in a few words that name nobody."""
    if isinstance(failure, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(failure, ssl.SSLError):
        return f"TLS with the mail server failed: {failure.reason or type(failure).__name__}"
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"the mail server answered {failure.smtp_code}"
    if isinstance(failure, smtplib.SMTPNotSupportedError):
        return "the mail server offers no TLS, or no way to sign in"
    if isinstance(failure, smtplib.SMTPServerDisconnected):
        return "the mail server broke off, or did not answer in time"
    if isinstance(failure, smtplib.SMTPException):
        return f"the mail server cannot be talked to: {type(failure).__name__}"
    return f"no connection to the mail server: {failure.strerror or type(failure).__name__}"
