"""A file as a hidden part of a form carries it from one step to the next: nothing is kept here in between.

It is packed, and in base64 because a browser would change the line ends of text.
"""

from __future__ import annotations

import base64
import binascii
import zlib

from registers.errors import Invalid, TooLarge

MEGABYTE = 2**20  # bytes


def pack(content: bytes) -> str:
    """The file as text; nothing for no file."""
    return base64.b64encode(zlib.compress(content)).decode() if content else ""


def unpack(packed: str, limit: int) -> bytes:
    """The file again. Raises Invalid for what was not packed here, TooLarge for what is over `limit` bytes."""
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(base64.b64decode(packed, validate=True), limit + 1) if packed else b""
    except (binascii.Error, ValueError, zlib.error):
        raise Invalid("the file that the form carries is broken: upload it again") from None
    if len(content) > limit:
        raise TooLarge(f"the file is larger than {limit // MEGABYTE} MB")
    return content
