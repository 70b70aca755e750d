"""Canonical JSON, the one spelling of an item: what v1 hashes and what the store keeps.

UTF-8; object members sorted by name; no white space; the order of lists kept; `/` and all but control characters
raw; control characters short (`\\n`) or as upper-case hex (`\\u000B`). The rule is the reference server's; Python's
own encoder differs from it only in writing lower-case hex.
"""

from __future__ import annotations

import json
import re

_ESCAPE = re.compile(r"\\(?:u00([0-9a-f]{2})|.)")
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_quote = json.JSONEncoder(ensure_ascii=False).encode


def canonical_json(value: object) -> str:
    """`value` in canonical JSON."""
    text = _encode(value)
    return _upper_escapes(text) if "\\u00" in text else text


def quoted(text: str) -> str:
    """A string as canonical JSON spells it, quotes included."""
    return f'"{text}"' if text.isalnum() else _upper_escapes(_quote(text))


def _upper_escapes(text: str) -> str:
    # Every escape is matched, so that the second half of an escaped backslash is never taken for the start of one.
    return _ESCAPE.sub(lambda match: f"\\u00{match[1].upper()}" if match[1] else match[0], text)
