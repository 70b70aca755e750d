"""What stands in an item for a value that was taken away: `**REDACTED**` and the digest of the value, in hexadecimal.

The published specification of v2 has it so: the digest is the one that the value has in the hash of its item, which
therefore stays. No value that is brought may look like that (`item.normalise`), so what does was taken away. Of a list
each member is taken away by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from registers.entry import REDACTED, Item

Digest = Callable[[str], bytes]
Value = str | list[str]
_WHOLE = re.compile(r"\*\*REDACTED\*\*[0-9a-f]{64}")
_IN_BODY = re.compile(rf'[:,\[]"{_WHOLE.pattern}"(?!:)')  # a whole value, in canonical JSON


def is_redacted(value: str) -> bool:
    """Whether the value stands for one that was taken away."""
    return value.startswith(REDACTED) and _WHOLE.fullmatch(value) is not None


def holds_redacted(body: str) -> bool:
    """Whether a value was taken out of the item with this canonical JSON."""
    return REDACTED in body and _IN_BODY.search(body) is not None


def values_in(item: Item, name: str) -> list[str]:
    """The values of a field: none, one or those of a list; also what stands for one that was taken away."""
    value = item.get(name, ())
    return [value] if isinstance(value, str) else list(value)


def without_redacted(item: Item) -> dict[str, Value]:
    """The item without what stands for values, for those who know of no redaction."""
    kept: dict[str, Any] = {
        name: value if isinstance(value, str) else [each for each in value if not is_redacted(each)]
        for name, value in item.items()
    }
    return {
        name: value for name, value in kept.items() if value and not (isinstance(value, str) and is_redacted(value))
    }


def redact(item: Item, fields: Collection[str], digests: Collection[bytes], digest_of: Digest) -> dict[str, Value]:
    """The item without those values of these fields that have one of these digests; the same if there are none."""

    def left(value: str) -> str:
        if is_redacted(value) or (digest := digest_of(value)) not in digests:
            return value
        return f"{REDACTED}{digest.hex()}"

    return {
        name: value if name not in fields else left(value) if isinstance(value, str) else [left(each) for each in value]
        for name, value in item.items()
    }
