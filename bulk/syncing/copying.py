"""One register of another service, copied: its manifest is asked for and checked, then what of it is not here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bulk.kinds import FORMATS
from bulk.manifest import File
from bulk.releases import MANIFEST
from bulk.source import Progress
from bulk.syncing.folder import Copy, Seen, write_whole
from bulk.syncing.service import Place, Service
from bulk.syncing.verifying import Told, check_grown, check_log, check_state, parse_manifest
from loaders.fetch import Expected, fetch
from registers.errors import Corrupt, Invalid, Unavailable

PAUSE = 1  # seconds between two looks at whether a file is made
Bar = Callable[[str], AbstractContextManager[Progress]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be here: which formats, and how many seconds the service may take to make what it has not made."""

    suffixes: Sequence[str]
    patience: float = 600

    def names(self) -> list[str]:
        """The files that there may be of a register."""
        return [f"{what}.{suffix}" for suffix in self.suffixes for what in FORMATS[suffix.partition(".")[0]].whats]


@dataclass(frozen=True, slots=True)
class Synced:
    """What is here now: the state, its files, and which of them were not here before."""

    told: Told
    files: list[File]
    new: list[str]


def copy_register(service: Service, copy: Copy, wanted: Wanted, bar: Bar) -> Synced:
    """Bring what is here of a register to the state that it has there, or leave it as it is.

    `bar` is given what is waited for, and gives what is told how many of how many bytes are here.

    Raises NotFound and Gone for a register that is not there (any more); Corrupt and TooLarge for what does not fit
    what was said of it; Invalid for answers that are none; Unavailable when the service does not answer, has not made
    a file in time, or there is no room; Conflict for a folder that is not ours.
    """
    try:
        return _Copying(service, copy, wanted, bar).run()
    except OSError as error:
        raise Unavailable(f"{copy.root} cannot be written: {error.strerror or error}") from error


@dataclass(slots=True)
class _Copying:
    """What a copy works with."""

    service: Service
    copy: Copy
    wanted: Wanted
    bar: Bar

    def run(self) -> Synced:
        seen = self.copy.seen()
        place = self.service.find(self.copy.register)
        told = self._ask(place, seen)
        if seen:
            check_grown(self.service, seen.state, told)
        told, names = self._have_made(place, told)
        self.copy.begin()
        files = [told.manifest.files[name] for name in names]
        new = [file.name for file in files if not self.copy.holds(told.release, file, seen)]
        for name in new:
            self._bring(place, told, told.manifest.files[name])
        self._keep(place, told, files)
        return Synced(told, files, new)

    def _ask(self, place: Place, seen: Seen | None = None) -> Told:
        """The manifest of a state, checked. One that is here is only sent if it is another now."""
        kept = self._kept(place, seen)
        answer = self.service.ask(place.of(MANIFEST), {"If-None-Match": kept.etag} if kept else {})
        if answer.status == 304 and kept:
            told = kept
        elif answer.status == 200:
            told = parse_manifest(answer.text, answer.headers.get("etag", ""))
        else:
            raise answer.refusal()
        check_state(told, place, answer)
        return told

    def _kept(self, place: Place, seen: Seen | None) -> Told | None:
        """The manifest that is here, if it is the one that was seen last at this place."""
        if seen is None or not seen.etag or seen.url != place.of(MANIFEST):
            return None
        try:
            told = parse_manifest((self.copy.ours / seen.release / MANIFEST).read_text("utf-8"), seen.etag)
        except (FileNotFoundError, UnicodeDecodeError, Invalid, Corrupt):
            return None
        return told if told.manifest.state == seen.state else None

    def _have_made(self, place: Place, told: Told) -> tuple[Told, list[str]]:
        """Have the service make what it has not made; its manifest then, and the files that there are."""
        there = [name for name in self.wanted.names() if name in told.manifest.files]
        asked = [name for name in self.wanted.names() if name not in there and self._wish(place, name)]
        if not asked:
            return told, there
        until = time.monotonic() + self.wanted.patience
        for name in asked:
            self._wait(place, name, until)
        again = self._ask(place)
        names = [name for name in self.wanted.names() if name in there or name in asked]
        if missing := [name for name in names if name not in again.manifest.files]:
            raise Unavailable(f"{place.of(missing[0])} is not in the manifest, so there is nothing to check it by")
        check_grown(self.service, told.manifest.state, again)
        return again, names

    def _wish(self, place: Place, name: str) -> bool:
        """Ask for a file to be made; whether there is such a file of this register."""
        answer = self.service.ask(place.of(name))
        if answer.status not in (200, 202, 404):
            raise answer.refusal()
        return answer.status != 404

    def _wait(self, place: Place, name: str, until: float) -> None:
        """Wait until a file is made. Raises Unavailable when it cannot be, or not in time."""
        with self.bar(f"{self.copy.register} {name} is being made there"):
            self._look_until_made(place, name, until)

    def _look_until_made(self, place: Place, name: str, until: float) -> None:
        while (status := self._status(place, name)) != "made":
            if status != "waiting":
                raise Unavailable(f"{name} cannot be made there; whoever runs the service can see why")
            if time.monotonic() >= until:
                raise Unavailable(
                    f"{name} is not made there after {self.wanted.patience:g} seconds; "
                    "it stays asked for, if `registers work` runs there"
                )
            self.service.sleep(PAUSE)

    def _status(self, place: Place, name: str) -> object:
        answer = self.service.ask(place.of(f"{name}/status"))
        if answer.status != 200:
            raise answer.refusal()
        told = answer.json()
        return told.get("status") if isinstance(told, dict) else None

    def _bring(self, place: Place, told: Told, file: File) -> None:
        """One file, from where it was left, if it was; it is where it belongs only when it is good."""
        with self.bar(f"{self.copy.register} {file.name}") as progress:
            expected = Expected(file.sha256, file.bytes)
            session, sleep = self.service.session, self.service.sleep
            found = fetch(
                place.of(file.name), self.copy.coming, progress, expected=expected, session=session, sleep=sleep
            )
            check_log(found.path, file.name, told)
        self.copy.take_in(told.release, file.name)

    def _keep(self, place: Place, told: Told, files: list[File]) -> None:
        """All files of the state are here: they are what is read from now on."""
        release = told.release
        write_whole(self.copy.coming / MANIFEST, told.text)
        self.copy.take_in(release, MANIFEST)
        self.copy.turn_to(release)
        state = told.manifest.state
        self.copy.note(Seen(place.of(MANIFEST), told.etag, release, state, self.copy.checked(release, files)))
        self.copy.sweep(release)
