"""Settings: defaults that work, and errors that name the variable."""

from __future__ import annotations

import pytest

from registers.errors import Invalid
from registers.settings import Settings, read_settings


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
            "REGISTERS_SECRET": "s" * 32,
            "REGISTERS_OIDC_ISSUER": "https://id.example.org",
            "REGISTERS_OIDC_CLIENT_ID": "registers",
            "REGISTERS_OIDC_CLIENT_SECRET": "hush",
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
        secret="s" * 32,
        oidc_issuer="https://id.example.org",
        oidc_client_id="registers",
        oidc_client_secret="hush",
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
        ("REGISTERS_SECRET", "s" * 31),
        ("REGISTERS_OIDC_ISSUER", "http://id.example.org"),
        ("REGISTERS_OIDC_ISSUER", "id.example.org"),
        ("REGISTERS_OIDC_CLIENT_ID", ""),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(Invalid, match=name):
        read_settings(
            {"REGISTERS_OIDC_ISSUER": "https://id.example.org", name: value} if "OIDC" in name else {name: value}
        )


def test_no_secret_is_in_the_text_of_the_settings() -> None:
    secrets = {"REGISTERS_SECRET": "s" * 32, "REGISTERS_OIDC_CLIENT_SECRET": "t" * 32}
    shown = repr(read_settings(secrets))
    assert "s" * 32 not in shown and "t" * 32 not in shown
