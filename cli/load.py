"""`registers load`: bring a source's file into its register, by way of a plan or at once; or replay RSF files."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import click

from cli import plans
from cli.verbs import Terminal, progress_bar, verb, warn, write_out
from geo.areas.following import Areas, folder_beside
from loaders import fetch, loading, repeating, replay
from loaders.planning import Planned, differences
from loaders.repeating import File
from loaders.rsf_steps import Load
from loaders.saying import last_load
from loaders.source import Nothing, Source, Wrong
from loaders.sources import NAMES, find
from registers import plan as registers_plan
from registers.batch import Rules
from registers.errors import Invalid, Moved
from registers.store.engine import Store
from registers.v1.hashing import hash_text
from review import proposals
from review.looking import Known

SHOWN = 5  # of the things that a relaxed load let through
RSF = "rsf"
OPTIONS = {
    "register": "The register to load into.",
    "key": "The column that holds the key.",
    "name": "The column that holds the name.",
    "name-cy": "The column that holds the name in Welsh.",
    "start": "The first day of what is in the file, such as 2025-05-01.",
    "preset": "Boundaries of a publisher whose columns are known: districts, constituencies, lsoa, regions …",
    "crs": "The coordinates that a file of shapes does not declare, such as EPSG:27700.",
    "layer": "The layer of a file that has several.",
    "mapping": "The YAML file that says which column is which field (registers scaffold makes one).",
    "codes": "A look-up of statistical codes and their successors, for local authorities.",
    "sheet": "The sheet of a workbook that has several.",
    "encoding": "How the text is encoded, if that cannot be told: utf-8, cp1252 …",
    "complete": "yes: the file has all there is, so what it lacks has ended the day before it.",
}


def _with_options(command: Any) -> Any:
    for name, about in reversed(OPTIONS.items()):
        metavar = "COLUMN" if "column" in about else name.upper()
        command = click.option(f"--{name}", _parameter(name), metavar=metavar, help=about)(command)
    return command


def _parameter(option: str) -> str:
    return f"option_{option.replace('-', '_')}"


@click.command("load", short_help="Load a source by way of a plan or at once, or replay RSF files.")
@click.argument("source", type=click.Choice([RSF, *NAMES]))
@click.argument("paths", metavar="[FILE|URL]...", nargs=-1)
@click.option("--plan", "planning", is_flag=True, help="Write nothing: say what would change, and keep the plan.")
@click.option("--output", metavar="PLAN", help="Where --plan keeps the plan; by default SOURCE.plan.")
@click.option("--format", "form", type=click.Choice(plans.FORMATS), default="table", help="How --plan shows changes.")
@click.option("--apply", "applied", metavar="PLAN", help="Append exactly the plan that was shown.")
@click.option("--submit", is_flag=True, help="Propose the plan, for another custodian to approve.")
@click.option("--note", default="", metavar="TEXT", help="What to say to whoever looks at the proposal.")
@click.option("--as-at", "as_at", metavar="DATE", help="Date the entries to a day: a history made from dated files.")
@click.option("--as", "name", metavar="NAME", help="Replay the RSF file as the register NAME.")
@click.option("--relaxed", is_flag=True, help="Let through what the published GOV.UK archive holds, and report it.")
@_with_options
@verb
def command(terminal: Terminal, source: str, paths: tuple[str, ...], **given: Any) -> None:
    """Load SOURCE into its register, appending only what differs; or, with the source `rsf`, replay RSF files.

    Each register is loaded whole or not at all.
    """
    options = {name: given.pop(_parameter(name)) for name in OPTIONS}
    options = {name: value for name, value in options.items() if value is not None}
    if source == RSF:
        return _replay_all(terminal, paths, given, options)
    if given["name"] or given["relaxed"]:
        raise click.UsageError(f"{source} takes neither --as nor --relaxed")
    asked = _Asked(terminal, find(source), paths, options, given)
    asked.check()
    return asked.apply() if given["applied"] else asked.load()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed."""

    terminal: Terminal
    source: Source
    paths: tuple[str, ...]
    options: dict[str, str]
    given: dict[str, Any]

    def check(self) -> None:
        """Raise UsageError for what does not go together."""
        name, given = self.source.about.name, self.given
        if strange := sorted(self.options.keys() - self.source.options):
            raise click.UsageError(f"{name} has no option --{strange[0]}")
        if sum([given["planning"], bool(given["applied"]), given["submit"]]) > 1:
            raise click.UsageError("--plan, --apply and --submit are three ways: choose one")
        if not self.source.needs_file and self.paths:
            raise click.UsageError(f"{name} takes no file")
        needs = self.source.needs_file and not given["applied"]
        if len(self.paths) > 1 or (needs and not self.paths):
            raise click.UsageError(f"{name} takes one file, or the URL of one")
        self._check_alone()

    def _check_alone(self) -> None:
        """Raise UsageError for what says nothing without something else, or beside it."""
        given = self.given
        if given["applied"] and not self.paths and (self.options or given["as_at"]):
            raise click.UsageError("--apply goes alone, unless there is a file to plan anew from: the plan says all")
        if (given["output"] or given["form"] != "table") and not given["planning"]:
            raise click.UsageError("--output and --format go with --plan")
        if given["note"] and not given["submit"]:
            raise click.UsageError("--note goes with --submit")

    def apply(self) -> None:
        """Append exactly a plan. If the register has moved on, plan anew from the file, where one is given."""
        with Path(self.given["applied"]).open("rb") as plan, self.terminal.store() as store:
            self._check_source(plan)
            try:
                made = loading.apply(store, plan, *self._who())
            except Moved as error:
                if not self.paths:
                    raise
                warn(f"{error}: it is planned anew")
                self._plan(store, File(*self._file(), self.options, _day(self.given["as_at"])), self.given["applied"])
                click.get_current_context().exit(1)
        digest = made.revision.source.rpartition(" ")[2] if made.revision else ""
        value = {"register": made.register.name, "entries": made.entries, "plan": digest}
        self.terminal.answer(value, f"{made.register.name}: {made.entries:,} entries appended, as planned.")

    def _check_source(self, plan: BinaryIO) -> None:
        """Raise Invalid for a plan that another source made."""
        header, _ = registers_plan.read(registers_plan.lines_of(plan))
        if header.source != self.source.about.name:
            raise Invalid(
                f"{self.given['applied']} is a plan of {header.source or 'no source'}: say that in the place of it"
            )

    def load(self) -> None:
        """Load the file, or plan it, or propose the plan."""
        with self.terminal.store() as store:
            file = File(*self._file(), self.options, _day(self.given["as_at"]))
            if self.given["planning"]:
                self._plan(store, file, self.given["output"] or f"{self.source.about.name}.plan")
            elif self.given["submit"]:
                self._submit(store, file)
            else:
                self._load_first(store, file)
                self._load(store, self.source, file)

    def _who(self) -> tuple[Any, str]:
        return self.terminal.authority(), self.terminal.settings.operator

    def _file(self) -> tuple[Path | None, str]:
        """The file, fetched if it is a URL, and its SHA-256."""
        if not self.source.needs_file:
            return None, ""
        address = self.paths[0]
        if address.startswith(("http://", "https://")):
            folder = Path(self.terminal.settings.sources_folder) / self.source.about.name
            with progress_bar(f"Fetching {self.source.about.name}") as progress:
                fetched = fetch.fetch(address, folder, progress)
            return fetched.path, fetched.sha256
        return Path(address), repeating.digest_of(Path(address))

    def _load_first(self, store: Store, file: File) -> None:
        """Load the registers that this one links to from the same file, once it is known for one of the source's."""
        if self.source.first:
            self.source.read(file.path, file.options)
        for name in self.source.first:
            with suppress(Nothing):
                source = find(name)
                options = {each: value for each, value in file.options.items() if each in source.options}
                self._load(store, source, File(file.path, file.digest, options, file.as_at))

    def _load(self, store: Store, source: Source, file: File) -> None:
        with progress_bar(f"Loading {source.about.name}") as progress:
            loaded = loading.load(store, source, file, *self._who(), progress)
        _tell(loaded.warnings, loaded.notes)
        counts = loaded.counts.members()
        value = {"register": loaded.register.name, **counts, "warnings": loaded.warnings, "notes": len(loaded.notes)}
        self.terminal.answer(value, f"{loaded.register.name}: {plans.sentence_of(counts)}.")

    @contextmanager
    def _planned(self, store: Store, file: File) -> Iterator[Planned]:
        """The plan for the file; what is wrong with it is told with what should have been loaded before."""
        about = self.source.about
        try:
            with (
                progress_bar(f"Planning {about.name}") as progress,
                loading.plan(store, self.source, file, progress) as made,
            ):
                yield made
        except Wrong as error:
            if not self.source.first:
                raise
            first = " and ".join(self.source.first)
            raise Invalid(
                f"{error}\n{about.register} links to registers of the same file: load {first} first"
            ) from None

    def _plan(self, store: Store, file: File, place: str) -> None:
        output = Path(place)
        with self._planned(store, file) as made:
            with output.open("wb") as stream:
                stream.writelines(made.lines())
            self._show(store, made, output)

    def _show(self, store: Store, made: Planned, output: Path) -> None:
        _tell(made.warnings, made.notes)
        if self.given["form"] == "csv":
            return write_out(plans.csv_lines(differences(store, made)), "-")
        value = {
            "register": made.header.register,
            "plan": str(output),
            "sha-256": made.digest,
            **made.counts.members(),
            "fields-added": made.fields_added,
            "warnings": made.warnings,
            "notes": made.notes,
        }
        if self.terminal.as_json or self.given["form"] == "json":
            value["changes"] = [each.members() for each in differences(store, made)]
            return click.echo(json.dumps(value, ensure_ascii=False))
        if made.counts.changes:
            plans.show_table(differences(store, made))
        again = f"registers load {self.source.about.name} --apply {output}"
        makes = "" if made.header.origin else " (which this plan makes)"
        if made.fields_added:
            click.echo(f"{made.header.register} gets the fields {', '.join(made.fields_added)}.")
        click.echo(f"{made.header.register}{makes}: {plans.sentence_of(made.counts.members())}.")
        return click.echo(f"The plan is in {output}; to append it: {again}")

    def _submit(self, store: Store, file: File) -> None:
        with self._planned(store, file) as made:
            _tell(made.warnings, made.notes)
            if made.is_empty:
                return self.terminal.answer({"proposal": None}, f"{made.header.register} is as the file says already.")
            content = b"".join(made.lines())
            known = Known(Areas(folder_beside(store, self.terminal.settings.places_folder)), last_load)
            actor = self.terminal.authority().actor
            submitted = proposals.submit(store, content, actor, self.given["note"], known)
        number = submitted.proposal.number
        waits = "was there already, and is confirmed" if submitted.confirmed else "waits for another custodian"
        sentence = f"Proposal {number} {waits}: registers review show {number}"
        return self.terminal.answer({"proposal": number, "sha-256": made.digest}, sentence)


def _tell(warnings: list[str], notes: list[str]) -> None:
    for sentence in warnings:
        warn(f"warning: {sentence}")
    for note in notes[:SHOWN]:
        warn(note)
    if len(notes) > SHOWN:
        warn(f"and {len(notes) - SHOWN} more notes like these")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise click.UsageError(f"--as-at is a day such as 2017-08-09, not {text}") from None


# RSF


def _replay_all(terminal: Terminal, paths: tuple[str, ...], given: dict[str, Any], options: dict[str, str]) -> None:
    strange = [name for name in ("planning", "output", "applied", "submit", "note", "as_at") if given[name]]
    if strange or options or given["form"] != "table":
        raise click.UsageError("rsf takes --as and --relaxed alone: a history is replayed, not planned")
    if not paths:
        raise click.UsageError("rsf takes one or more files; - is stdin")
    if given["name"] and len(paths) > 1:
        raise click.UsageError("--as goes with one file")
    with terminal.store() as store:
        for path in paths:
            _replay(terminal, store, path, given["name"], given["relaxed"])


def _replay(terminal: Terminal, store: Store, path: str, name: str | None, relaxed: bool) -> None:
    notes: list[str] = []
    with _opened(path) as stream, progress_bar(f"Loading {Path(path).name}") as progress:
        size = os.fstat(stream.fileno()).st_size
        try:
            load = Load(
                terminal.authority(f"rsf {Path(path).name}"),
                terminal.settings.operator,
                Rules(relaxed, notes.append),
                lambda done: progress(done, size),
            )
            replayed = replay.replay(store, name or replay.name_in(stream), stream, load)
        except Invalid as error:
            raise Invalid(f"{path}: {error}") from None
    _report(path, notes)
    root = hash_text(replayed.root)
    value = {"register": replayed.register.name, "added": replayed.added, "root-hash": root, "notes": len(notes)}
    terminal.answer(value, f"{replayed.register.name}: {replayed.added} entries added, root {root}.")


def _report(path: str, notes: list[str]) -> None:
    for note in notes[:SHOWN]:
        warn(f"{path}: {note}")
    if len(notes) > SHOWN:
        warn(f"{path}: and {len(notes) - SHOWN} more like these")


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The file, or stdin kept in a temporary file, for it is read twice."""
    if path == "-":
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
            spool.seek(0)
            yield spool
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None
    with stream:
        yield stream
