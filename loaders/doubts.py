"""What looks wrong about a file: things that may be true, and that somebody should have looked at first.

A list of which a tenth vanishes, a key that is used again for something else, two names that have changed places, an
end before its beginning, a file older than the last: each is one sentence with a few examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from registers.entry import Item, shortened
from registers.question import days, title_of

EXAMPLES = 3
FEW = 10  # records; of a shorter list no share is worth a word
MOST_MISSING = 0.1  # of the records that a file should have


@dataclass(slots=True)
class Doubts:
    """What was noticed, as a plan was made."""

    renamed: dict[str, tuple[str, str]] = field(default_factory=dict)
    reused: list[str] = field(default_factory=list)
    backwards: list[str] = field(default_factory=list)
    moved_back: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def look(self, key: str, before: Item | None, item: Mapping[str, str | list[str]]) -> None:
        """Look at what becomes of a record."""
        first, last = days(item)
        if first is not None and last is not None and last < first:
            self.backwards.append(key)
        if before is None:
            return
        old, new = title_of(before, key), title_of(item, key)
        if old != new:
            self.renamed[key] = (old, new)
        if "end-date" in before and "end-date" not in item:
            self.reused.append(key) if old != new else self.moved_back.append(key)

    def look_at_missing(self, missing: int, expected: int) -> None:
        """Look at how many records a file lacks, of those it should have."""
        if expected >= FEW and missing >= expected * MOST_MISSING:
            share = round(100 * missing / expected)
            self.others.append(f"{missing} of {expected} records that this file should have are not in it: {share} %")

    def sentences(self) -> list[str]:
        """All that looks wrong."""
        found = [
            *self.others,
            _about(self.reused, "had ended, and come back under another name: are their keys used again?"),
            _about(self.moved_back, "had ended, and have not any more"),
            _about(self.backwards, "end before they begin"),
            *self._swapped(),
        ]
        return [sentence for sentence in found if sentence]

    def _swapped(self) -> list[str]:
        """Pairs of keys of which each now has the name that the other had."""
        had = {old: key for key, (old, _) in self.renamed.items()}
        pairs = []
        for key, (old, new) in self.renamed.items():
            other = had.get(new)
            if other is not None and key < other and self.renamed[other] == (new, old):
                one, two, first, second = map(shortened, (key, other, old, new))
                pairs.append(f"{one} and {two} have changed names: {first}, {second}")
        return pairs


def _about(keys: list[str], sentence: str) -> str:
    if not keys:
        return ""
    shown = ", ".join(map(shortened, keys[:EXAMPLES]))
    more = f" and {len(keys) - EXAMPLES} more" if len(keys) > EXAMPLES else ""
    return f"{shown}{more} {sentence}"
