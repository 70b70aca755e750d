"""`registers build`: make the files of whole registers, in the formats people already use."""

from __future__ import annotations

import click

from bulk import archives
from bulk.building import make
from bulk.describing.beside import write_beside
from bulk.kinds import check_suffixes, kinds_of
from bulk.manifest import File
from bulk.releases import folder_beside, release_of
from bulk.source import Source, open_source
from cli.verbs import Terminal, progress_bar, verb, warn
from registers.errors import Gone
from registers.store import registers
from registers.store.engine import Store


@click.command("build", short_help="Make the files of whole registers.")
@click.argument("register", nargs=-1)
@click.option("--format", "formats", multiple=True, metavar="FORMAT", help="csv, csv.gz, parquet …; by default all.")
@click.option("--at", metavar="STATE", help="A size, a day or a timestamp: the state to make files of.")
@verb
def command(terminal: Terminal, register: tuple[str, ...], formats: tuple[str, ...], at: str | None) -> None:
    """Make files of each REGISTER at a state, with a manifest: by default of all published registers, as they are now.

    Files that are there are left. A format that a register has nothing in, such as GeoJSON, is passed over. CSV files
    are described beside: CSVW for each, and one Data Package. Without REGISTER, --at and --format, an archive of all
    registers is made too.
    """
    suffixes = check_suffixes(formats, "--format") or None
    with terminal.store() as store:
        for name in register or _published(store):
            _build(terminal, store, (name, at), suffixes)
        if not register and not at and not suffixes:
            _build_archive(terminal, store)


def _published(store: Store) -> list[str]:
    with store.reading() as tx:
        return [each.name for each in registers.find_all(tx.connection) if each.status == "published"]


def _build(terminal: Terminal, store: Store, state: tuple[str, str | None], suffixes: tuple[str, ...] | None) -> None:
    source = open_source(store, *state)
    release = release_of(folder_beside(store, terminal.settings.bulk_folder), source.register.id, source.state)
    made: list[File] = []
    for kind in kinds_of(source.definition, suffixes):
        with progress_bar(f"{source.state.register} {kind.name}") as progress:
            shown = Source(store, source.taken, source.state, source.definition, progress)
            try:
                made.append(make(release, shown, kind)[1])
            except Gone as error:  # the other formats hold what is left
                warn(f"{source.state.register} {kind.name} is passed over: {error}")
    write_beside(release, source)
    told = {"register": source.state.register, "size": source.state.size, "folder": str(release.folder)}
    size = sum(file.bytes for file in made) / 1_000_000
    terminal.answer(
        {**told, "files-root-hash": release.manifest().root().hex(), "files": [file.line() for file in made]},
        f"{source.state.register}: {len(made)} files of {source.state.size} entries, {size:.1f} MB, "
        f"are in {release.folder}.",
    )


def _build_archive(terminal: Terminal, store: Store) -> None:
    sources = archives.open_all(store)
    with progress_bar(archives.ARCHIVE.name) as progress:
        path, file = archives.make_archive(folder_beside(store, terminal.settings.bulk_folder), sources, progress)
    told = {"registers": [source.state.register for source in sources], "folder": str(path.parent)}
    terminal.answer(
        {**told, "files": [file.line()]},
        f"{len(sources)} registers in one archive, {file.bytes / 1_000_000:.1f} MB, are in {path}.",
    )
