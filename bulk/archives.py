"""All published registers in one archive, as they are at one moment.

    manifest.json            the state of each register, and of each file here its bytes, rows and SHA-256
    country/entries.rsf      its whole history
    country/records.csv      its records
    …

The archive is put together from the files of the registers' own releases, so each file in it is theirs, byte for byte.
It has a release of its own, named by the states of all registers: while none of them moves it is made once. No time and
no name of this machine go into it, so that the same states give the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bulk.building import BLOCK, make
from bulk.kinds import ENTRIES, FORMATS, RECORDS, Format, Kind
from bulk.manifest import File, described
from bulk.releases import MANIFEST, Release, release_of
from bulk.source import Progress, Source, State, States, silent, source_of, state_of
from bulk.wanted import Wish
from registers import snapshot
from registers.store import registers
from registers.store.engine import Store, Transaction

ALL = "all"  # where the releases of all registers are, beside those of each, which are under its number
ARCHIVE = Kind(ALL, Format("zip", (ALL,), "application/zip", "", is_text=False))
WISH = Wish("", 0, ARCHIVE.name)  # of the present state, which is what can be made
_KINDS = (Kind(ENTRIES, FORMATS["rsf"]), Kind(RECORDS, FORMATS["csv"]))
_TIME = (1980, 1, 1, 0, 0, 0)  # the first that an archive can hold
_PLAIN_FILE = 0o100644 << 16  # which all may read


def states_of(tx: Transaction) -> States:
    """The states of all published registers, now."""
    return States(tuple(state_of(snapshot.take(tx, each)) for each in registers.find_published(tx.connection)))


def open_all(store: Store) -> list[Source]:
    """All published registers as they are now, at one moment, by name."""
    with store.reading() as tx:
        return [source_of(store, snapshot.take(tx, each)) for each in registers.find_published(tx.connection)]


def release_of_all(root: Path, states: States) -> Release:
    """The release of all registers at their states."""
    return release_of(root, ALL, states)


def make_archive(root: Path, sources: Sequence[Source], progress: Progress = silent) -> tuple[Path, File]:
    """The archive of all registers, made unless it is there. Raises what `make` does.

    `progress` is told how many of how many registers' files are made, and lie in the archive, each of which is a step.
    """
    release = release_of_all(root, States(tuple(source.state for source in sources)))
    if found := release.find(ARCHIVE.name):
        return found
    steps = _Steps(progress, 2 * len(sources) * len(_KINDS))
    members = [_member(root, source, kind, steps) for source in sources for kind in _KINDS]
    return release.add(ARCHIVE.name, len(sources), lambda path: _write(path, members, steps))


@dataclass(slots=True)
class _Steps:
    """How far the archive is."""

    progress: Progress
    total: int
    done: int = 0

    def add(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)


@dataclass(frozen=True, slots=True)
class _Member:
    """A file of a register's, and as what it lies in the archive."""

    state: State
    path: Path
    file: File


def _member(root: Path, source: Source, kind: Kind, steps: _Steps) -> _Member:
    path, file = make(release_of(root, source.register.id, source.state), source, kind)
    steps.add()
    return _Member(source.state, path, replace(file, name=f"{source.state.register}/{file.name}"))


def _write(path: Path, members: Sequence[_Member], steps: _Steps) -> None:
    with ZipFile(path, "w") as archive:
        archive.writestr(_entry(MANIFEST), _manifest(members))
        for member in members:
            # The size is known beforehand, so that only what needs it is written with lengths of 64 bits.
            entry = _entry(member.file.name, member.file.bytes)
            with member.path.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, BLOCK)
            steps.add()


def _entry(name: str, size: int = 0) -> ZipInfo:
    entry = ZipInfo(name, _TIME)
    entry.compress_type, entry.external_attr, entry.create_system, entry.file_size = ZIP_DEFLATED, _PLAIN_FILE, 3, size
    return entry


def _manifest(members: Sequence[_Member]) -> str:
    told = {"registers": list(_told(members))}
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _told(members: Sequence[_Member]) -> Iterator[dict[str, object]]:
    states = dict.fromkeys(member.state for member in members)
    for state in states:
        files = [member.file.line() for member in members if member.state is state]
        yield {"state": described(state), "files": files}
