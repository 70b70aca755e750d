"""How gunicorn serves the application, for `registers serve` and for those who start gunicorn themselves.

The application is loaded once, before the workers are forked, so that they share its memory. Nothing that
talks to the database may be shared with it: each worker opens the store again, after the fork.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

wsgi_app = "api.wsgi:application"
bind = f"{os.environ.get('REGISTERS_HOST', '127.0.0.1')}:{os.environ.get('REGISTERS_PORT', '8000')}"
workers = int(os.environ.get("REGISTERS_WORKERS") or max(2, os.cpu_count() or 2))
worker_class = "sync"
preload_app = True

# A download of a whole register is one answer; a worker that is told to stop finishes what it is sending.
timeout = 120
graceful_timeout = 30

# The application writes one JSON line a request itself; of gunicorn's own lines only what went wrong matters.
accesslog = None
errorlog = "-"
loglevel = "warning"

# Workers show that they live by touching a file; in memory where there is such a place, so that a slow or
# read-only disk does not look like a dead worker.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a place, not a file
# Nobody here steers gunicorn through its control socket, a file it would put outside the project's folders.
control_socket_disable = True
chdir = str(Path(__file__).resolve().parent.parent)
# The most that gunicorn takes, which is more than the application does: so that it is the application that says no.
limit_request_line = 8190

# Where the workers count for /metrics, each in files of its own: a folder of this server's, unless one is given.
# It has to be named before the application is loaded.
METRICS = "PROMETHEUS_MULTIPROC_DIR"
_OURS = "registers-metrics-"
if METRICS not in os.environ and os.environ.get("REGISTERS_METRICS", "on") == "on":
    os.environ[METRICS] = tempfile.mkdtemp(prefix=_OURS, dir=worker_tmp_dir)

# The process that follows the registers and sends messages, beside those that answer.
_working: list[subprocess.Popen[bytes]] = []


def when_ready(server: Any) -> None:
    """Start `registers work`, unless something else runs it; it ends by itself if this process is killed."""
    if server.app.wsgi().extensions["registers-settings"].work:
        command = [sys.executable, "-m", "cli.main", "work", "--parent", str(os.getpid())]
        _working.append(subprocess.Popen(command))  # noqa: S603 - the command is our own


def post_fork(server: Any, worker: Any) -> None:
    """Give the worker connections of its own; those opened before the fork belong to the parent."""
    server.app.wsgi().extensions["registers-store"].reopen()


def child_exit(server: Any, worker: Any) -> None:
    """Take what a worker that ended had open out of the figures; what it counted stays."""
    if METRICS in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Stop `registers work`, which finishes what it is sending; take the folder of the figures away, if made here."""
    for working in _working:
        working.terminate()
        try:
            working.wait(graceful_timeout)
        except subprocess.TimeoutExpired:
            working.kill()
    folder = os.environ.get(METRICS, "")
    if Path(folder).name.startswith(_OURS):
        shutil.rmtree(folder, ignore_errors=True)
