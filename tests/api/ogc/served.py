"""The application on a port, as a process of its own: GDAL holds the lock of the interpreter while it asks.

    python -m tests.api.ogc.served DATABASE FOLDER ASKED

It writes its port to its output, and the query of each request for features to the file ASKED.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from api.app import create_app
from registers.opening import open_store
from tests.api.conftest import SETTINGS


class Quiet(WSGIRequestHandler):
    """Says nothing of requests."""

    def log_request(self, *_: object) -> None:
        """Say nothing."""


def main(database: str, folder: str, asked: str) -> None:
    """Serve until killed."""
    app = create_app(replace(SETTINGS, places_folder=folder), open_store(database))

    def listening(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"].endswith("/items"):
            with Path(asked).open("a") as file:
                file.write(f"{environ['QUERY_STRING']}\n")
        return app(environ, start_response)

    server = make_server("127.0.0.1", 0, listening, threaded=True, request_handler=Quiet)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
