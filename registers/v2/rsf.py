"""RSF v2: the lines of v1, with v2's hashes, so that a file stays whole when a value in it is redacted.

    assert-root-hash TAB "1220" 64hex

The published service never had it. Unlike v1's, a file that starts from a later size may hold metadata ("system")
entries, so that whoever keeps a copy hears of new fields.
"""

from __future__ import annotations

from registers.serialisation import AddItem, AppendEntry, AssertRoot, Command, Serialisation
from registers.v2.hashing import hash_text, parse_hash

__all__ = ["AddItem", "AppendEntry", "AssertRoot", "Command", "parse", "write"]

_RSF = Serialisation("v2", hash_text, parse_hash)
parse = _RSF.parse
write = _RSF.write
