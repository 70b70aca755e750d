"""How gunicorn serves the application, for `registers serve` and for those who start gunicorn themselves.

The application is loaded once, before the workers are forked, so that they share its memory. Nothing that
talks to the database may be shared with it: each worker opens the store again, after the fork.
"""

from __future__ import annotations

import os
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


def post_fork(server: Any, worker: Any) -> None:
    """Give the worker connections of its own; those opened before the fork belong to the parent."""
    server.app.wsgi().extensions["registers-store"].reopen()
