"""The folder that is synced: what is here, what was seen last, and how one state takes the place of another.

A state's files are in a folder of their own, and the register's name is a link to it. The link is moved by one rename
when all files of the new state are here and good, and the old ones go after that: whoever reads through the link finds
the files of one state, and a process may be killed anywhere.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bulk.manifest import File
from loaders.partial import digest_of
from registers.disk import sync
from registers.errors import Conflict, Invalid

_OURS = ".sync"
_COMING = "coming"
_SEEN = "state.json"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was synced last: the manifest's URL and ETag, its state, the name of its folder.

    `checked` are the files that were found good, by name: their SHA-256, and the time that they were written.
    """

    url: str
    etag: str
    release: str
    state: Mapping[str, Any]
    checked: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Copy:
    """A register in the folder."""

    root: Path
    register: str

    @property
    def link(self) -> Path:
        """Where its files are to be found."""
        return self.root / self.register

    @property
    def ours(self) -> Path:
        """What is kept of it."""
        return self.root / _OURS / self.register

    @property
    def coming(self) -> Path:
        """Where files come in."""
        return self.ours / _COMING

    def seen(self) -> Seen | None:
        """What was synced last; nothing the first time. Raises Invalid when it cannot be read."""
        path = self.ours / _SEEN
        try:
            noted = json.loads(path.read_text("utf-8"))
            checked = {str(name): (str(sha256), int(time)) for name, (sha256, time) in noted.pop("checked").items()}
            return Seen(**noted, checked=checked)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Invalid(f"{path} is not as it was written; take it away to sync {self.register} anew") from None

    def note(self, seen: Seen) -> None:
        """Remember what was synced."""
        write_whole(self.ours / _SEEN, json.dumps(asdict(seen), ensure_ascii=False, indent=2) + "\n")

    def begin(self) -> None:
        """Make its folders. Raises Conflict when something else is where its link is to be."""
        if os.path.lexists(self.link) and not self.link.is_symlink():
            raise Conflict(f"{self.link} is in the way: it is not a link that a sync made")
        self.coming.mkdir(parents=True, exist_ok=True)

    def holds(self, release: str, file: File, seen: Seen | None) -> bool:
        """Whether a file is here as it should be. One that was found good, and not written since, is not read again."""
        path = self.ours / release / file.name
        if not path.is_file() or path.stat().st_size != file.bytes:
            return False
        if seen and seen.release == release and seen.checked.get(file.name) == (file.sha256, path.stat().st_mtime_ns):
            return True
        return digest_of(path) == file.sha256

    def take_in(self, release: str, name: str) -> None:
        """Put a file that came in where the files of its state are."""
        folder = self.ours / release
        folder.mkdir(exist_ok=True)
        (self.coming / name).replace(folder / name)
        sync(folder)

    def turn_to(self, release: str) -> None:
        """Have the register's name mean the files of a state, all of which are here."""
        target = f"{_OURS}/{self.register}/{release}"
        if self.link.is_symlink() and str(self.link.readlink()) == target:
            return
        sync(self.ours)
        made = self.ours / "link"
        made.unlink(missing_ok=True)
        made.symlink_to(target)
        made.replace(self.link)
        # If we crash here, the new files are what is read, and the old ones are taken away the next time.
        sync(self.root)

    def sweep(self, release: str) -> None:
        """Take away what is not of the state that is synced: older files, and what came in for them."""
        for path in self.ours.iterdir():
            if path.is_dir() and path.name != release:
                shutil.rmtree(path, ignore_errors=True)

    def checked(self, release: str, files: Iterable[File]) -> dict[str, tuple[str, int]]:
        """What to remember of files that are here and good."""
        folder = self.ours / release
        return {file.name: (file.sha256, (folder / file.name).stat().st_mtime_ns) for file in files}


def write_whole(path: Path, text: str) -> None:
    """Write a text in the place of another: whoever reads finds one or the other, also after a loss of power."""
    made = path.with_name(f"{path.name}.new")
    made.write_text(text, "utf-8")
    sync(made)
    made.replace(path)
    sync(path.parent)


def synced_in(root: Path) -> list[str]:
    """The registers of which something is here."""
    return sorted(path.parent.name for path in (root / _OURS).glob(f"*/{_SEEN}"))


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Hold a folder, made if need be, as long as this process lives. Raises Conflict while another process does."""
    (root / _OURS).mkdir(parents=True, exist_ok=True)
    with (root / _OURS / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"another process syncs into {root}; wait for it") from None
        yield
