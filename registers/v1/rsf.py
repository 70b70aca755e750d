"""RSF v1: hashes are written `sha-256:` and 64 hex digits.

    assert-root-hash TAB "sha-256:" 64hex

The published contract has metadata ("system") entries only in files that start from nothing. An item out of which a
value was taken has not its v1 hash any more: a file that would hold one breaks off.
"""

from __future__ import annotations

from registers.serialisation import WORD_OF, AddItem, AppendEntry, AssertRoot, Command, Serialisation
from registers.v1.hashing import hash_text, parse_hash

__all__ = ["WORD_OF", "AddItem", "AppendEntry", "AssertRoot", "Command", "parse", "write"]

_RSF = Serialisation("v1", hash_text, parse_hash, bears_redaction=False)
parse = _RSF.parse
write = _RSF.write
