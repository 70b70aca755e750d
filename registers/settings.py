"""The settings, read from the environment once, at the edges. `docs/configuration.md` has them in a table."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from registers.errors import Invalid

_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, with their defaults."""

    database_url: str = "sqlite:///var/registers.db"
    operator: str = "localhost"
    base_url: str = ""
    trusted_proxies: int = 0
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 0
    archive_limit: int = 100_000
    log_level: str = "INFO"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `REGISTERS_…` variables spell. Raises Invalid, naming the variable at fault."""
    default = Settings()
    settings = Settings(
        database_url=environment.get("REGISTERS_DATABASE_URL", default.database_url),
        operator=environment.get("REGISTERS_OPERATOR", default.operator),
        base_url=environment.get("REGISTERS_BASE_URL", default.base_url).rstrip("/"),
        trusted_proxies=_number(environment, "REGISTERS_TRUSTED_PROXIES", default.trusted_proxies, (0, 10)),
        host=environment.get("REGISTERS_HOST", default.host),
        port=_number(environment, "REGISTERS_PORT", default.port, (1, 65535)),
        workers=_number(environment, "REGISTERS_WORKERS", default.workers, (0, 256)),
        archive_limit=_number(environment, "REGISTERS_ARCHIVE_LIMIT", default.archive_limit, (0, 10_000_000)),
        log_level=environment.get("REGISTERS_LOG_LEVEL", default.log_level).upper(),
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


def _check(settings: Settings) -> None:
    if not _DOMAIN.fullmatch(settings.operator):
        raise Invalid(f"REGISTERS_OPERATOR is a domain such as registers.example.org, not {settings.operator!r}")
    if settings.base_url and not _is_url(settings.base_url):
        raise Invalid(f"REGISTERS_BASE_URL is a URL such as https://registers.example.org, not {settings.base_url!r}")
    if settings.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise Invalid(f"REGISTERS_LOG_LEVEL is DEBUG, INFO, WARNING or ERROR, not {settings.log_level!r}")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
