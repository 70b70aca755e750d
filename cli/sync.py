"""`registers sync`: keep a folder of files as another service's registers are."""

from __future__ import annotations

from pathlib import Path

import click

from bulk.kinds import check_suffixes
from bulk.syncing.copying import Synced, Wanted, copy_register
from bulk.syncing.folder import Copy, held, synced_in
from bulk.syncing.service import Service, service_at
from cli.verbs import Terminal, progress_bar, verb, warn
from registers.definition import check_name
from registers.errors import RegistersError

DEFAULT = ("csv", "rsf")


@click.command("sync", short_help="Keep a folder of files as another service's registers are.")
@click.argument("url")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--register", "registers", multiple=True, metavar="NAME", help="A register; by default all of them.")
@click.option(
    "--format", "formats", multiple=True, metavar="FORMAT", help="csv, rsf.gz, parquet …; by default csv, rsf."
)
@click.option(
    "--wait",
    "patience",
    type=click.FloatRange(0, 86_400),
    default=600,
    metavar="SECONDS",
    help="How long to wait for a file that the service has not made; by default 600.",
)
@verb
def command(
    terminal: Terminal,
    url: str,
    folder: Path,
    registers: tuple[str, ...],
    formats: tuple[str, ...],
    patience: float,
) -> None:
    """Bring DIR to where the registers of the service at URL are, checking all that comes in.

    Each register's files are in DIR/NAME, all of one state. A download that broke off is gone on with. The exit code is
    1 when a register could not be brought up to date; its files then stay as they were.
    """
    service, wanted = service_at(url), Wanted(check_suffixes(formats, "--format") or DEFAULT, patience)
    names = [check_name(name) for name in registers]
    with held(folder):
        done = [_sync(terminal, service, Copy(folder, name), wanted) for name in names or _all(service, folder)]
    if not all(done):
        click.get_current_context().exit(1)


def _all(service: Service, folder: Path) -> list[str]:
    names = service.registers()
    for name in sorted({*synced_in(folder)} - {*names}):
        warn(f"{name} is not published there any more; {folder / name} stays as it is")
    return names


def _sync(terminal: Terminal, service: Service, copy: Copy, wanted: Wanted) -> bool:
    """Whether a register is up to date now; if not, why has been said."""
    try:
        synced = copy_register(service, copy, wanted, progress_bar)
    except RegistersError as error:
        warn(f"{copy.register}: {error}")
        return False
    terminal.answer(*_said(copy, synced))
    return True


def _said(copy: Copy, synced: Synced) -> tuple[dict[str, object], str]:
    state = {"register": copy.register, "size": synced.told.size, "root-hash": synced.told.root}
    told = {"folder": str(copy.link), "files": [file.line() for file in synced.files], "new": synced.new}
    size = sum(file.bytes for file in synced.files) / 1_000_000
    sentence = (
        f"{copy.register}: {len(synced.files)} files of {synced.told.size} entries, {size:.1f} MB, are in {copy.link}; "
        f"{len(synced.new) or 'none'} of them {'is' if len(synced.new) == 1 else 'are'} new."
    )
    return state | told, sentence
