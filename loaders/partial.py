"""A file that is not all here yet, and what has to be known of it to go on or to begin anew.

    name.part        the first bytes of the file, of one version only
    name.part.json   its URL and what tells its version from others
    name             the whole file
    name.whole.json  the same of it, with its size and its SHA-256

Whatever is written down is written before the bytes it is about, and thrown away after them, so that a process may
be killed anywhere.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from registers.disk import sync
from registers.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells a version of a file from others (RFC 9110 §8.8); blank where the server says nothing."""

    etag: str = ""
    last_modified: str = ""

    @property
    def strong(self) -> str:
        """What is good enough to put two parts together: a strong ETag, else the time of the last change."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified

    def differs(self, other: Validators) -> bool:
        """Whether the two are of different versions, as far as both say anything."""
        pairs = ((self.etag, other.etag), (self.last_modified, other.last_modified))
        return any(one and two and one != two for one, two in pairs)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a whole file."""

    url: str
    sha256: str
    bytes: int
    etag: str
    last_modified: str


class Partial:
    """The file `target` while it comes in from `url`. Raises Conflict on entering while another process has it."""

    def __init__(self, target: Path, url: str) -> None:
        self.target, self.url = target, url
        self.path = _beside(target, ".part")
        self.size = 0
        self.validators = Validators()
        self._file: BinaryIO

    def __enter__(self) -> Partial:
        try:
            self._file = self.path.open("a+b")
        except OSError as error:
            raise Invalid(f"{self.path} cannot be written: {error.strerror}") from None
        try:
            self._lock()
            self._go_on()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """What is worth going on with stays, the rest goes."""
        if self._is_ours() and not (self.size and self.validators.strong):
            self.path.unlink()
            _beside(self.target, ".part.json").unlink(missing_ok=True)
        self._file.close()

    def begin(self, validators: Validators) -> None:
        """Drop what is here; from now on, this version comes in."""
        self._file.truncate(0)
        # If we crash here, there is nothing to go on with, and what is written down does no harm.
        self.size, self.validators = 0, validators
        _write(_beside(self.target, ".part.json"), {"url": self.url, **asdict(validators)})

    def write(self, chunk: bytes) -> None:
        """Add bytes at the end."""
        self._file.write(chunk)
        self.size += len(chunk)

    def flush(self) -> None:
        """Make what is here outlast the machine."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self, sha256: str) -> Kept:
        """Give the file its name, all of it being here and flushed."""
        kept = Kept(self.url, sha256, self.size, **asdict(self.validators))
        _beside(self.target, ".whole.json").unlink(missing_ok=True)
        # If we crash here, or before the last line, the file is fetched again: nothing says which version it is.
        self.path.replace(self.target)
        sync(self.target.parent)
        _beside(self.target, ".part.json").unlink(missing_ok=True)
        _write(_beside(self.target, ".whole.json"), asdict(kept))
        return kept

    def whole(self) -> Kept | None:
        """What is known of the whole file, if it is here from the same URL and has not been changed."""
        noted = _read(_beside(self.target, ".whole.json"))
        try:
            kept = Kept(**noted)
        except TypeError:
            return None
        same = kept.url == self.url and self.target.is_file() and digest_of(self.target) == kept.sha256
        return kept if same else None

    def drop_whole(self) -> None:
        """Throw the whole file away."""
        self.target.unlink(missing_ok=True)
        _beside(self.target, ".whole.json").unlink(missing_ok=True)

    def _lock(self) -> None:
        """Hold the file against other processes. The lock ends with the process, however that ends."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = self._is_ours()
        except BlockingIOError:
            is_ours = False
        if not is_ours:
            raise Conflict(f"another process is fetching {self.target.name} into {self.target.parent}; wait for it")

    def _is_ours(self) -> bool:
        """Whether the name still means the file that is open: another process may have finished it meanwhile."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    def _go_on(self) -> None:
        noted = _read(_beside(self.target, ".part.json"))
        size = os.fstat(self._file.fileno()).st_size
        if size and noted.get("url") == self.url:
            self.size = size
            self.validators = Validators(str(noted.get("etag", "")), str(noted.get("last_modified", "")))
        else:
            self._file.truncate(0)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(target.name + ending)


def _read(path: Path) -> dict[str, Any]:
    """What is written down; nothing if it is not there, or cut short."""
    try:
        noted = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _write(path: Path, noted: dict[str, Any]) -> None:
    made = path.with_name(path.name + ".new")
    made.write_text(json.dumps(noted, indent=2), "utf-8")
    made.replace(path)
