"""Who may ask: every view names the permission it takes where it declares its route; a view without one is refused.

There is one so far, `PUBLIC`, which everybody has. What a person or an API key may do is added here.
"""

from __future__ import annotations

from enum import Enum

from registers.errors import NotSupported


class Permission(Enum):
    """What a view asks of whoever calls it."""

    PUBLIC = "public"


def check(permission: Permission) -> None:
    """Return if whoever asks has the permission. Raises NotSupported for one that nobody can have yet."""
    if permission is not Permission.PUBLIC:
        raise NotSupported("nobody can be given that permission here")


def problems(permission: Permission) -> tuple[str, ...]:
    """The statuses, by name, with which a permission may be refused."""
    return () if permission is Permission.PUBLIC else ("UNAUTHORIZED", "FORBIDDEN")
