"""Real processes to write in, to stop and to kill.

They are forked from one clean process that has the project imported already, so that a test can afford hundreds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from registers.errors import RegistersError

PATIENCE = 120.0  # seconds to wait for a process before the test fails
KILLED = -signal.SIGKILL

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.faults.preloaded"])


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: with a value, or `told` the kind of an error of this project, or with a `crash`."""

    value: Any = None
    told: str = ""
    crash: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it did what it was asked to."""
        return not self.told and not self.crash


class Process:
    """A running process. Its function takes a wire, for messages to and from the test, before its arguments."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.wire, theirs = _context.Pipe()
        self._process = _context.Process(target=_run, args=(theirs, function, arguments), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def kill(self) -> None:
        """Kill it, as `kill -9` does."""
        pid = self._process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def end(self) -> Ended:
        """Wait for its end, which must come by itself."""
        if not self.wire.poll(PATIENCE):
            raise AssertionError(f"no answer after {PATIENCE:.0f} seconds")
        try:
            ended = self.wire.recv()
        except EOFError:
            raise AssertionError(f"the process ended with exit code {self.exit_code()}") from None
        assert isinstance(ended, Ended), f"a message where the end was expected: {ended!r}"
        self.exit_code()
        return ended

    def exit_code(self) -> int | None:
        """Wait for its end and say how it came: 0, or minus the signal that killed it."""
        self._process.join(PATIENCE)
        code = self._process.exitcode
        assert code is not None, f"the process still runs after {PATIENCE:.0f} seconds"
        self.wire.close()
        self._process.close()
        return code


def attempt(function: Callable[..., Any], *arguments: Any) -> Ended:
    """Call a function in this process, and say how it ended."""
    try:
        return Ended(value=function(*arguments))
    except RegistersError as error:
        return Ended(told=error.kind)
    except Exception as error:  # whatever a user would see as a traceback
        traceback.print_exc()
        return Ended(crash=f"{type(error).__name__}: {error}")


def _run(wire: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    wire.send(attempt(function, wire, *arguments))
    wire.close()
