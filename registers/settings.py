"""The settings, read from the environment once, at the edges. `docs/configuration.md` has them in a table."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from registers.errors import Invalid

SENDERS = ("self", "x-accel-redirect", "x-sendfile")
LANGUAGES = ("en", "cy")  # that the pages are in: each but English has a catalogue in api/pages/languages
SHORTEST_SECRET = 32  # characters
MAIL_SCHEMES = ("smtp", "smtps")
RATE_STORES = ("memory://", "redis://", "rediss://")
_CONTACT = re.compile(r"(?:mailto:[^@\s]+@|https://|tel:)[^\s]+")
_RATE = re.compile(r"[1-9][0-9]{0,8}/(?:second|minute|hour|day)", re.ASCII)
_SENDER = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII | re.IGNORECASE
)
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, with their defaults."""

    database_url: str = "sqlite:///var/registers.db"
    operator: str = "localhost"
    base_url: str = ""
    base_domain: str = ""
    trusted_proxies: int = 0
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 0
    sources_folder: str = "var/sources"
    places_folder: str = ""
    bulk_folder: str = ""
    bulk_formats: str = "csv,ndjson,rsf"
    bulk_kept: int = 3
    bulk_quiet: int = 10
    bulk_sender: str = "self"
    answer_memory: int = 16
    archive_limit: int = 100_000
    load_limit: int = 256
    work: bool = True
    webhooks_private: bool = False
    log_level: str = "INFO"
    metrics: bool = True
    rate_limit: str = ""
    rate_limit_store: str = "memory://"
    contact: str = ""
    security_contact: str = ""
    languages: str = "en"
    secret: str = field(default="", repr=False)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages of the pages, the first of which needs no word of its own in their addresses."""
        return tuple(self.languages.split(","))

    @property
    def domain(self) -> str:
        """The domain below which each register has a host of its own."""
        return self.base_domain or urlsplit(self.base_url).hostname or "localhost"

    @property
    def sends_mail(self) -> bool:
        """Whether mails are sent: where they are not, none is to be kept."""
        return bool(self.smtp_url)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `REGISTERS_…` variables spell. Raises Invalid, naming the variable at fault."""
    default = Settings()
    settings = Settings(
        database_url=environment.get("REGISTERS_DATABASE_URL", default.database_url),
        operator=environment.get("REGISTERS_OPERATOR", default.operator),
        base_url=environment.get("REGISTERS_BASE_URL", default.base_url).rstrip("/"),
        base_domain=environment.get("REGISTERS_BASE_DOMAIN", default.base_domain).lower().strip("."),
        trusted_proxies=_number(environment, "REGISTERS_TRUSTED_PROXIES", default.trusted_proxies, (0, 10)),
        host=environment.get("REGISTERS_HOST", default.host),
        port=_number(environment, "REGISTERS_PORT", default.port, (1, 65535)),
        workers=_number(environment, "REGISTERS_WORKERS", default.workers, (0, 256)),
        places_folder=environment.get("REGISTERS_PLACES_FOLDER", default.places_folder),
        sources_folder=environment.get("REGISTERS_SOURCES_FOLDER", default.sources_folder),
        bulk_folder=environment.get("REGISTERS_BULK_FOLDER", default.bulk_folder),
        bulk_formats=environment.get("REGISTERS_BULK_FORMATS", default.bulk_formats),
        bulk_kept=_number(environment, "REGISTERS_BULK_KEPT", default.bulk_kept, (0, 1000)),
        bulk_quiet=_number(environment, "REGISTERS_BULK_QUIET", default.bulk_quiet, (0, 86_400)),
        bulk_sender=environment.get("REGISTERS_BULK_SENDER", default.bulk_sender),
        answer_memory=_number(environment, "REGISTERS_ANSWER_MEMORY", default.answer_memory, (0, 100_000)),
        archive_limit=_number(environment, "REGISTERS_ARCHIVE_LIMIT", default.archive_limit, (0, 10_000_000)),
        load_limit=_number(environment, "REGISTERS_LOAD_LIMIT", default.load_limit, (1, 1_000_000)),
        work=_choice(environment, "REGISTERS_WORK", {"on": True, "off": False}),
        webhooks_private=_choice(environment, "REGISTERS_WEBHOOKS_PRIVATE", {"refuse": False, "allow": True}),
        log_level=environment.get("REGISTERS_LOG_LEVEL", default.log_level).upper(),
        metrics=_choice(environment, "REGISTERS_METRICS", {"on": True, "off": False}),
        rate_limit=environment.get("REGISTERS_RATE_LIMIT", default.rate_limit),
        rate_limit_store=environment.get("REGISTERS_RATE_LIMIT_STORE", default.rate_limit_store),
        contact=environment.get("REGISTERS_CONTACT", default.contact),
        security_contact=environment.get("REGISTERS_SECURITY_CONTACT", default.security_contact),
        languages=environment.get("REGISTERS_LANGUAGES", default.languages).replace(" ", "").lower(),
        secret=environment.get("REGISTERS_SECRET", default.secret),
        oidc_issuer=environment.get("REGISTERS_OIDC_ISSUER", default.oidc_issuer),
        oidc_client_id=environment.get("REGISTERS_OIDC_CLIENT_ID", default.oidc_client_id),
        oidc_client_secret=environment.get("REGISTERS_OIDC_CLIENT_SECRET", default.oidc_client_secret),
        smtp_url=environment.get("REGISTERS_SMTP_URL", default.smtp_url),
        mail_from=environment.get("REGISTERS_MAIL_FROM", default.mail_from),
    )
    _check(settings)
    return settings


def _number(environment: Mapping[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not re.fullmatch("[0-9]{1,9}", text, re.ASCII) or not bounds[0] <= int(text) <= bounds[1]:
        raise Invalid(f"{name} is a number from {bounds[0]} to {bounds[1]}, not {text!r}")
    return int(text)


def _choice(environment: Mapping[str, str], name: str, choices: Mapping[str, bool]) -> bool:
    """What one of two words stands for; the first is the default."""
    word = environment.get(name) or next(iter(choices))
    if word not in choices:
        raise Invalid(f"{name} is {' or '.join(choices)}, not {word!r}")
    return choices[word]


def _check(settings: Settings) -> None:
    if not _DOMAIN.fullmatch(settings.operator):
        raise Invalid(f"REGISTERS_OPERATOR is a domain such as registers.example.org, not {settings.operator!r}")
    if settings.base_url and not _is_url(settings.base_url):
        raise Invalid(f"REGISTERS_BASE_URL is a URL such as https://registers.example.org, not {settings.base_url!r}")
    if settings.base_domain and (":" in settings.base_domain or not _DOMAIN.fullmatch(settings.base_domain)):
        raise Invalid(f"REGISTERS_BASE_DOMAIN is a domain such as example.org, not {settings.base_domain!r}")
    if settings.rate_limit and not _RATE.fullmatch(settings.rate_limit):
        raise Invalid(f"REGISTERS_RATE_LIMIT is a rate such as 600/minute, not {settings.rate_limit!r}")
    if not settings.rate_limit_store.startswith(RATE_STORES):
        raise Invalid(f"REGISTERS_RATE_LIMIT_STORE begins with {' or '.join(RATE_STORES)}")
    contacts = {"REGISTERS_CONTACT": settings.contact, "REGISTERS_SECURITY_CONTACT": settings.security_contact}
    for name, contact in contacts.items():
        if contact and not _CONTACT.fullmatch(contact):
            raise Invalid(
                f"{name} is a URI that begins with mailto:, https:// or tel:, such as mailto:someone@example.org, "
                f"not {contact!r}"
            )
    _check_people(settings)
    _check_mail(settings)
    _check_languages(settings)
    if settings.bulk_sender not in SENDERS:
        raise Invalid(f"REGISTERS_BULK_SENDER is {' or '.join(SENDERS)}, not {settings.bulk_sender!r}")
    if settings.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise Invalid(f"REGISTERS_LOG_LEVEL is DEBUG, INFO, WARNING or ERROR, not {settings.log_level!r}")


def _check_people(settings: Settings) -> None:
    if settings.secret and len(settings.secret) < SHORTEST_SECRET:
        raise Invalid(f"REGISTERS_SECRET is at least {SHORTEST_SECRET} characters long")
    if settings.oidc_issuer and not is_safe_url(settings.oidc_issuer):
        raise Invalid("REGISTERS_OIDC_ISSUER is a URL that begins with https://, or with http:// on this machine")
    if settings.oidc_issuer and not settings.oidc_client_id:
        raise Invalid("REGISTERS_OIDC_CLIENT_ID is needed beside REGISTERS_OIDC_ISSUER")


def _check_mail(settings: Settings) -> None:
    """What a mail server's URL says is not repeated in an error: it may hold a password."""
    if settings.smtp_url and not _is_mail_url(settings.smtp_url):
        raise Invalid("REGISTERS_SMTP_URL is a URL such as smtp://user:password@mail.example.org:587, or smtps://…")
    if settings.mail_from and not _SENDER.fullmatch(settings.mail_from):
        raise Invalid(
            f"REGISTERS_MAIL_FROM is an e-mail in ASCII such as registers@example.org, not {settings.mail_from!r}"
        )
    for name, value in {"REGISTERS_MAIL_FROM": settings.mail_from, "REGISTERS_BASE_URL": settings.base_url}.items():
        if settings.smtp_url and not value:
            raise Invalid(f"{name} is needed beside REGISTERS_SMTP_URL")


def _is_mail_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0 and not (parts.password and not parts.username)
    except ValueError:
        return False
    return is_whole and parts.scheme in MAIL_SCHEMES and parts.path in ("", "/") and not (parts.query or parts.fragment)


def _check_languages(settings: Settings) -> None:
    spoken = settings.spoken
    for language in spoken:
        if language not in LANGUAGES:
            there = " and ".join(LANGUAGES)
            raise Invalid(f"REGISTERS_LANGUAGES has languages with commas between, of {there}, not {language!r}")
    if len(set(spoken)) < len(spoken):
        raise Invalid(f"REGISTERS_LANGUAGES names a language twice: {settings.languages!r}")


def is_safe_url(text: str) -> bool:
    """Whether it is a URL over which a secret may go: HTTPS, or HTTP to this very machine."""
    if not _is_url(text):
        return False
    parts = urlsplit(text)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
