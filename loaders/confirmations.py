"""Which entries a file confirmed, as a bit for each: small enough to be kept for every load of every list.

An entry is confirmed when the record that it is was in the file as it is in the register, or was made so.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable


def packed(numbers: Iterable[int], more: range, size: int) -> bytes:
    """The entries with these numbers, and those of a range, of a log of `size`, as they are kept."""
    bits = bytearray(size // 8 + 1)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    whole = ((1 << len(more)) - 1) << more.start
    return zlib.compress((int.from_bytes(bits, "little") | whole).to_bytes(len(bits), "little"))


class Confirmed:
    """The entries that any of what was kept confirms."""

    def __init__(self, kept: Iterable[bytes]) -> None:
        found = 0
        for each in kept:
            found |= int.from_bytes(zlib.decompress(each), "little")
        self._bits = found.to_bytes(found.bit_length() // 8 + 1, "little")

    def __contains__(self, number: int) -> bool:
        """Whether the entry with this number is confirmed."""
        place = number >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (number & 7) & 1)
