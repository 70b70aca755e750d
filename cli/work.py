"""`registers work`: what follows the logs is kept up with them, messages that are due are sent, and files are made.

Two jobs, each under a lease of its own: a process of its own, started and watched by the first, makes the files.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event

import click

from cli.verbs import Terminal, verb
from cli.workers import Keeper, Maker
from registers.store.engine import Store

PATIENCE = 30  # seconds: the maker of files has them to end, and is not started again before


@click.command("work", short_help="Keep indexes up, send messages, make files.")
@click.option("--once", is_flag=True, help="Do what there is to do now, and end.")
@click.option("--interval", type=click.FloatRange(0.05, 60), default=1.0, help="Seconds between looks; by default 1.")
@click.option("--parent", type=int, hidden=True, help="End when this process, which started it, is gone.")
@click.option("--files", is_flag=True, hidden=True, help="Make files, and do nothing else.")
@verb
def command(terminal: Terminal, once: bool, interval: float, parent: int | None, files: bool) -> None:
    """Keep what follows the registers up with them (indexes, messages, files), and send what is due, until stopped.

    `registers serve` starts it. Any number may run; one works, the others wait.
    """
    with terminal.store() as store, _stopping() as stop:
        if once:
            count = _work_once(terminal, store, stop)
            terminal.answer({"registers": count}, f"All that follows {count} registers has caught up.")
        elif files:
            with closing(Maker(store, terminal.settings, stop, rests=True)) as maker:
                maker.work(interval, parent)
        else:
            with (
                closing(_FilesProcess(store, interval)) as beside,
                closing(Keeper(store, terminal.settings, stop, beside.watch)) as keeper,
            ):
                keeper.work(interval, parent)


def _work_once(terminal: Terminal, store: Store, stop: Event) -> int:
    with closing(Keeper(store, terminal.settings, stop)) as keeper:
        count = keeper.work_once()
    with closing(Maker(store, terminal.settings, stop)) as maker:
        maker.work_once()
    return count


class _FilesProcess:
    """A process beside this one that makes files. It ends by itself when this one is killed."""

    def __init__(self, store: Store, interval: float) -> None:
        whole = ("--files", "--interval", str(interval), "--parent", str(os.getpid()))
        self._command = [sys.executable, "-m", "cli.main", "work", *whole]
        self._environment = os.environ | {"REGISTERS_DATABASE_URL": store.url.render_as_string(hide_password=False)}
        self._process: subprocess.Popen[bytes] | None = None
        self._started = -float("inf")

    def watch(self) -> None:
        """Start it if it does not run; again only after a while, should it end at once."""
        runs = self._process and self._process.poll() is None
        if not runs and time.monotonic() - self._started >= PATIENCE:
            self._process = subprocess.Popen(self._command, env=self._environment)  # noqa: S603 - our own
            self._started = time.monotonic()

    def close(self) -> None:
        """End it; what it is making is left unmade."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()


@contextmanager
def _stopping() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set, in place of ending the process in the middle of its work."""
    stop = Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
