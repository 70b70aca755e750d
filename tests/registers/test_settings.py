"""Settings: defaults that work, and errors that name the variable."""

from __future__ import annotations

import pytest

from registers.errors import Invalid
from registers.settings import Settings, read_settings

MAIL = {
    "REGISTERS_SMTP_URL": "smtp://registers:hush@mail.example.org",
    "REGISTERS_MAIL_FROM": "registers@example.org",
    "REGISTERS_BASE_URL": "https://registers.example.org",
}


def test_without_any_variable_the_defaults_hold() -> None:
    assert read_settings({}) == Settings()


def test_every_variable_is_read() -> None:
    read = read_settings(
        {
            "REGISTERS_DATABASE_URL": "postgresql://u@h/n",
            "REGISTERS_OPERATOR": "registers.example.org",
            "REGISTERS_BASE_URL": "https://registers.example.org/",
            "REGISTERS_TRUSTED_PROXIES": "1",
            "REGISTERS_HOST": "0.0.0.0",
            "REGISTERS_PORT": "80",
            "REGISTERS_WORKERS": "3",
            "REGISTERS_SOURCES_FOLDER": "kept",
            "REGISTERS_PLACES_FOLDER": "places",
            "REGISTERS_BULK_FOLDER": "files",
            "REGISTERS_BULK_FORMATS": "csv.gz,parquet",
            "REGISTERS_BULK_KEPT": "2",
            "REGISTERS_BULK_QUIET": "0",
            "REGISTERS_BULK_SENDER": "x-sendfile",
            "REGISTERS_ANSWER_MEMORY": "4",
            "REGISTERS_ARCHIVE_LIMIT": "5",
            "REGISTERS_LOAD_LIMIT": "6",
            "REGISTERS_LOG_LEVEL": "debug",
            "REGISTERS_METRICS": "off",
            "REGISTERS_RATE_LIMIT": "600/minute",
            "REGISTERS_RATE_LIMIT_STORE": "redis://localhost:6379/0",
            "REGISTERS_SECURITY_CONTACT": "mailto:security@example.org",
            "REGISTERS_LANGUAGES": "cy, EN",
            "REGISTERS_SECRET": "s" * 32,
            "REGISTERS_OIDC_ISSUER": "https://id.example.org",
            "REGISTERS_OIDC_CLIENT_ID": "registers",
            "REGISTERS_OIDC_CLIENT_SECRET": "hush",
            "REGISTERS_SMTP_URL": "smtp://registers:p%40ss@mail.example.org:587",
            "REGISTERS_MAIL_FROM": "registers@example.org",
        }
    )
    assert read == Settings(
        database_url="postgresql://u@h/n",
        operator="registers.example.org",
        base_url="https://registers.example.org",
        trusted_proxies=1,
        host="0.0.0.0",
        port=80,
        workers=3,
        sources_folder="kept",
        places_folder="places",
        bulk_folder="files",
        bulk_formats="csv.gz,parquet",
        bulk_kept=2,
        bulk_quiet=0,
        bulk_sender="x-sendfile",
        answer_memory=4,
        archive_limit=5,
        load_limit=6,
        log_level="DEBUG",
        metrics=False,
        rate_limit="600/minute",
        rate_limit_store="redis://localhost:6379/0",
        security_contact="mailto:security@example.org",
        languages="cy,en",
        secret="s" * 32,
        oidc_issuer="https://id.example.org",
        oidc_client_id="registers",
        oidc_client_secret="hush",
        smtp_url="smtp://registers:p%40ss@mail.example.org:587",
        mail_from="registers@example.org",
    )


def test_an_empty_number_is_the_default() -> None:
    assert read_settings({"REGISTERS_PORT": ""}).port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGISTERS_PORT", "0"),
        ("REGISTERS_PORT", "65536"),
        ("REGISTERS_PORT", "８０"),
        ("REGISTERS_PORT", "8_0"),
        ("REGISTERS_PORT", " 80"),
        ("REGISTERS_WORKERS", "-1"),
        ("REGISTERS_WORKERS", "many"),
        ("REGISTERS_TRUSTED_PROXIES", "11"),
        ("REGISTERS_ARCHIVE_LIMIT", "1e6"),
        ("REGISTERS_OPERATOR", "Registers"),
        ("REGISTERS_OPERATOR", "https://example.org"),
        ("REGISTERS_OPERATOR", ""),
        ("REGISTERS_BASE_URL", "registers.example.org"),
        ("REGISTERS_BASE_URL", "ftp://example.org"),
        ("REGISTERS_BASE_URL", "https://"),
        ("REGISTERS_BASE_URL", "http://[::1"),
        ("REGISTERS_LOG_LEVEL", "loud"),
        ("REGISTERS_METRICS", "yes"),
        ("REGISTERS_RATE_LIMIT", "600"),
        ("REGISTERS_RATE_LIMIT", "0/minute"),
        ("REGISTERS_RATE_LIMIT", "lots"),
        ("REGISTERS_RATE_LIMIT_STORE", "memcached://localhost"),
        ("REGISTERS_SECURITY_CONTACT", "security@example.org"),
        ("REGISTERS_SECURITY_CONTACT", "http://example.org/security"),
        ("REGISTERS_SECURITY_CONTACT", "mailto:a@example.org\nExpires: never"),
        ("REGISTERS_LANGUAGES", "en,fr"),
        ("REGISTERS_LANGUAGES", "en,"),
        ("REGISTERS_LANGUAGES", "en,en"),
        ("REGISTERS_SECRET", "s" * 31),
        ("REGISTERS_OIDC_ISSUER", "http://id.example.org"),
        ("REGISTERS_OIDC_ISSUER", "id.example.org"),
        ("REGISTERS_OIDC_CLIENT_ID", ""),
        ("REGISTERS_SMTP_URL", "mail.example.org"),
        ("REGISTERS_SMTP_URL", "https://mail.example.org"),
        ("REGISTERS_SMTP_URL", "smtp://"),
        ("REGISTERS_SMTP_URL", "smtp://mail.example.org:0"),
        ("REGISTERS_SMTP_URL", "smtp://mail.example.org:port"),
        ("REGISTERS_SMTP_URL", "smtp://:word@mail.example.org"),
        ("REGISTERS_SMTP_URL", "smtp://mail.example.org/path"),
        ("REGISTERS_SMTP_URL", "smtp://mail.example.org?tls=no"),
        ("REGISTERS_MAIL_FROM", "registers"),
        ("REGISTERS_MAIL_FROM", "Registers <registers@example.org>"),
        ("REGISTERS_MAIL_FROM", "registers@example.org\nBcc: eve@example.org"),
        ("REGISTERS_MAIL_FROM", ""),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    beside = {"REGISTERS_OIDC_ISSUER": "https://id.example.org"} if "OIDC" in name else {}
    beside = MAIL if name in MAIL else beside
    with pytest.raises(Invalid, match=name):
        read_settings({**beside, name: value})


def test_mails_need_links_that_lead_here() -> None:
    with pytest.raises(Invalid, match="REGISTERS_BASE_URL is needed beside REGISTERS_SMTP_URL"):
        read_settings({**MAIL, "REGISTERS_BASE_URL": ""})
    assert read_settings(MAIL).sends_mail and not read_settings({}).sends_mail


def test_the_url_of_a_mail_server_is_not_repeated() -> None:
    for url in ("smtp://registers:hush@mail.example.org:x", "smtp://registers:hush@mail.example.org/path"):
        with pytest.raises(Invalid) as refused:
            read_settings({**MAIL, "REGISTERS_SMTP_URL": url})
        assert "hush" not in str(refused.value)


def test_no_secret_is_in_the_text_of_the_settings() -> None:
    secrets = {"REGISTERS_SECRET": "s" * 32, "REGISTERS_OIDC_CLIENT_SECRET": "t" * 32, **MAIL}
    shown = repr(read_settings(secrets))
    assert "s" * 32 not in shown and "t" * 32 not in shown and "hush" not in shown
