"""Names that are the same, or almost: the same folded words, or one letter more, less or other.

Names that are looked for are kept by their first halves and by their second halves. One letter that differs is in one
of the halves, so that the other is shared: a name is held against those alone with which it shares one (the
pigeonhole principle), whatever number of names there is. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTEST = 6  # characters of a folded name below which one letter makes another name
CROWD = 50  # names with the same half that one is held against
SAME, NEAR = "same", "near"
_DIGITS = re.compile("[0-9]+")


class Likeness:
    """Folded names that are looked for, each of one key."""

    def __init__(self, names: dict[str, str]) -> None:
        """`names` are folded names by key."""
        self._whole: dict[str, list[str]] = {}
        self._halves: dict[tuple[bool, int, str], list[str]] = {}
        for key, name in names.items():
            self._whole.setdefault(name, []).append(key)
        for name in self._whole:
            if len(name) >= SHORTEST:
                half = len(name) // 2
                self._halves.setdefault((True, len(name), name[:half]), []).append(name)
                self._halves.setdefault((False, len(name), name[half:]), []).append(name)

    def like(self, name: str) -> Iterator[tuple[str, str]]:
        """The keys whose names are like this one, each with SAME or NEAR."""
        yield from ((key, SAME) for key in self._whole.get(name, ()))
        for other in self._candidates(name) if len(name) >= SHORTEST - 1 else ():
            if is_near(name, other):
                yield from ((key, NEAR) for key in self._whole[other])

    def _candidates(self, name: str) -> set[str]:
        found = set[str]()
        for length in range(len(name) - 1, len(name) + 2):
            half = length // 2
            found.update(self._halves.get((True, length, name[:half]), ())[:CROWD])
            found.update(self._halves.get((False, length, name[half - length :]), ())[:CROWD])
        return found


def is_near(one: str, other: str) -> bool:
    """Whether two names differ by one letter, and not in their numbers: Ward 1 is not Ward 2.

    >>> is_near("st marys school", "st mary school"), is_near("ward 1", "ward 2"), is_near("leeds", "leeds")
    (True, False, False)
    """
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if one == other or len(long) - len(short) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    rest = short[at:] if len(short) < len(long) else short[at + 1 :]
    return rest == long[at + 1 :] and _DIGITS.findall(one) == _DIGITS.findall(other)
