"""Write `openapi.yaml`, the API's description, from the application itself: `python -m api.openapi FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from api.app import create_app
from api.documentation import as_yaml, description
from registers.opening import open_store
from registers.settings import Settings


def text() -> str:
    """The document as YAML: the same text each time. No database is opened."""
    settings = Settings()
    app = create_app(settings, open_store(settings.database_url))
    return as_yaml(description(app))


def main(arguments: list[str]) -> int:
    """Write the file that is named; 2 when it is not."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m api.openapi FILE\n")
        return 2
    Path(arguments[0]).write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
