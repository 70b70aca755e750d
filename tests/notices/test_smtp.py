"""Mails over SMTP: a real exchange, over TLS and with a user; what a mail holds; and what answers mean."""

from __future__ import annotations

import smtplib
import socket
from pathlib import Path

import pytest
from aiosmtpd import smtp as aiosmtpd_smtp

from notices import smtp
from notices.smtp import Mail, Outcome, Server, connected, parse_server, send, sentence, written
from tests.notices.mailbox import PASSWORD, SENDER, USER, Mailbox, admitting, certified, serving

TIME = "Tue, 14 Nov 2023 22:13:20 GMT"
MAIL = Mail("mail-1", SENDER, "ann@example.org", "Grüße", "Größe: 5 €\n.\nFrom here\n" + "x" * 2000 + "\n", TIME)


def handed(server: Server, mail: Mail = MAIL) -> Outcome:
    with connected(server, 5) as line:
        return send(line, mail)


def test_a_mail_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    assert handed(mailbox.office.server) == Outcome()
    (taken,) = mailbox.taken
    assert (taken.sender, taken.to) == (SENDER, ["ann@example.org"])
    assert taken.text == MAIL.text
    assert {name: str(value) for name, value in taken.mail.items()} == {
        "From": SENDER,
        "To": "ann@example.org",
        "Subject": "Grüße",
        "Date": TIME.replace("GMT", "+0000"),
        "Message-ID": "<mail-1@registers.example.org>",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": taken.mail["Content-Transfer-Encoding"],
        "MIME-Version": "1.0",
    }
    assert taken.content.isascii() and max(map(len, taken.content.split(b"\r\n"))) <= 78
    assert b"\n" not in taken.content.replace(b"\r\n", b"")


def test_a_long_url_to_unsubscribe_is_not_folded(mailbox: Mailbox) -> None:
    url = "https://registers.example.org/unsubscribe?link=" + "Aa0_-." * 60
    with connected(mailbox.office.server) as line:
        send(line, Mail("mail-1", SENDER, "ann@example.org", "Hello", "Text\n", TIME, url))
    (taken,) = mailbox.taken
    assert taken.mail["List-Unsubscribe"] == f"<{url}>"
    assert taken.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in taken.content


@pytest.mark.parametrize("part", ["sender", "to", "subject", "time", "id", "unsubscribe"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_no_value_adds_a_header(part: str, ending: str) -> None:
    values = {name: getattr(MAIL, name) for name in MAIL.__slots__}
    hostile = values[part] + f"{ending}Bcc: eve@example.org{ending}{ending}Body"
    with pytest.raises(ValueError):
        written(Mail(**values | {part: hostile}))


def test_a_mail_goes_over_tls_after_starttls_with_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    options = {"tls_context": context, "require_starttls": True, **admitting()}
    with serving(Mailbox(), **options) as mailbox:
        url = f"smtp://{USER}:open%3Asesame%20%40%20home@localhost:{mailbox.port}"
        server = parse_server(url)
        assert server == Server("smtp", "localhost", mailbox.port, USER, PASSWORD)
        assert PASSWORD not in repr(server)
        assert handed(server) == Outcome()
        assert mailbox.taken[0].text == MAIL.text
        assert mailbox.sessions[0].ssl and mailbox.sessions[0].authenticated
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            handed(Server("smtp", "localhost", mailbox.port, USER, "wrong"))
        assert sentence(refused.value) == "the mail server answered 535"
    assert len(mailbox.taken) == 1


def test_a_mail_goes_over_tls_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = certified(tmp_path)
    with serving(Mailbox(), ssl_context=context) as mailbox:
        server = parse_server(f"smtps://localhost:{mailbox.port}")
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED") as refused:
            handed(server)
        assert sentence(refused.value) == "TLS with the mail server failed: CERTIFICATE_VERIFY_FAILED"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert handed(server) == Outcome()
    assert len(mailbox.taken) == 1


def test_a_certificate_of_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = certified(tmp_path, "elsewhere.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with serving(Mailbox(), tls_context=context) as mailbox, pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        handed(mailbox.office.server)
    assert mailbox.taken == []


def test_a_server_elsewhere_that_offers_no_tls_gets_nothing(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "HERE", ())
    with pytest.raises(smtplib.SMTPNotSupportedError) as refused:
        handed(mailbox.office.server)
    assert sentence(refused.value) == "the mail server offers no TLS, or no way to sign in"
    assert mailbox.taken == []


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"to_address": ["550 no ann@example.org here"]}, Outcome("the mail server answered 550 to the address", True)),
        ({"to_address": ["451 later"]}, Outcome("the mail server answered 451 to the address")),
        ({"to_address": ["554 relaying denied"]}, Outcome("the mail server answered 554 to the address")),
        ({"to_mail": ["554 this looks like spam"]}, Outcome("the mail server answered 554 to the mail")),
        ({"to_mail": ["452 full"]}, Outcome("the mail server answered 452 to the mail")),
    ],
)
def test_what_a_server_answers_is_told_by_its_number(
    mailbox: Mailbox, answers: dict[str, list[str]], outcome: Outcome
) -> None:
    for name, said in answers.items():
        setattr(mailbox, name, said)
    with connected(mailbox.office.server) as line:
        assert send(line, MAIL) == outcome
        assert send(line, MAIL) == Outcome()  # the conversation goes on


def test_a_sender_who_is_refused_is_no_letters_fault(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(self: aiosmtpd_smtp.SMTP, arg: str) -> None:
        await self.push("530 authentication required")

    monkeypatch.setattr(aiosmtpd_smtp.SMTP, "smtp_MAIL", refuse)
    assert handed(mailbox.office.server) == Outcome("the mail server answered 530 to the sender", for_all=True)


def test_an_address_that_is_not_ascii_goes_where_it_can(tmp_path: Path) -> None:
    mail = Mail("mail-1", SENDER, "jürgen@example.org", "Hello", "Text\n", TIME)
    with serving(Mailbox(), enable_SMTPUTF8=True) as able:
        assert handed(able.office.server, mail) == Outcome()
        assert (able.taken[0].to, able.taken[0].mail["To"]) == (["jürgen@example.org"], "jürgen@example.org")
    with serving(Mailbox(), enable_SMTPUTF8=False) as unable:
        assert handed(unable.office.server, mail).for_good
    assert unable.taken == []


def test_no_server_is_said_in_a_sentence() -> None:
    with socket.socket() as bound:  # and nobody listens
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(OSError) as refused:
            handed(Server("smtp", "localhost", bound.getsockname()[1]))
    assert sentence(refused.value) == "no connection to the mail server: Connection refused"


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server("smtp", "localhost", silent.getsockname()[1])
        with pytest.raises(OSError) as refused, connected(server, 0.2):
            pass
    assert "did not answer in time" in sentence(refused.value)


@pytest.mark.parametrize(
    ("url", "port"), [("smtp://mail.example.org", 587), ("smtps://mail.example.org/", 465), ("smtp://[::1]:25", 25)]
)
def test_a_port_is_that_of_its_scheme(url: str, port: int) -> None:
    assert parse_server(url).port == port
