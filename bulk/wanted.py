"""Files that somebody waits for: a name in a folder, beside the files, until the worker has made the file.

A web worker makes no files: it leaves a wish, which `registers work` finds at its next look. A wish is an empty file
named after what is wanted, so that it is there or not there, and whoever asks twice waits for the same. The wishes of
one moment are limited, for any state of any register may be asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from registers.errors import Unavailable

MOST = 32  # that may wait at once
_FOLDER = "wanted"
_BETWEEN = "~"  # no register, size or file has it in its name


@dataclass(frozen=True, slots=True)
class Wish:
    """A file of a register at a size that is wanted."""

    register: str
    size: int
    file: str


def ask(root: Path, wish: Wish) -> None:
    """Have the worker make a file. Raises Unavailable when too many wait, or the folder cannot be written."""
    place = _place(root, wish)
    if place.exists():
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if sum(1 for _ in place.parent.iterdir()) >= MOST:
            raise Unavailable(f"{MOST} files wait to be made already; ask again in a while")
        place.touch()
    except OSError as error:
        raise Unavailable(f"{place.parent} cannot be written: {error.strerror}") from error


def is_waiting(root: Path, wish: Wish) -> bool:
    """Whether the file was asked for and is not made yet."""
    return _place(root, wish).exists()


def waiting(root: Path) -> Iterator[Wish]:
    """What is wanted, those who have waited longest first."""
    found = [(path.stat().st_mtime_ns, path.name) for path in (root / _FOLDER).glob(f"*{_BETWEEN}*{_BETWEEN}*")]
    for _, name in sorted(found):
        register, size, file = name.split(_BETWEEN, 2)
        if size.isdecimal():
            yield Wish(register, int(size), file)


def forget(root: Path, wish: Wish) -> None:
    """The file is made, or cannot be: nobody waits for it any more."""
    _place(root, wish).unlink(missing_ok=True)


def _place(root: Path, wish: Wish) -> Path:
    return root / _FOLDER / _BETWEEN.join((wish.register, str(wish.size), wish.file))
