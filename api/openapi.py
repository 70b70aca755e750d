"""Write `openapi.yaml`, the API's description, from the application itself: `python -m api.openapi FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml
from flask import Flask

from api.app import DOCUMENTATION, create_app
from registers.opening import open_store
from registers.settings import Settings


class _Dumper(yaml.SafeDumper):
    """YAML as a person would write it: text of several lines as a block."""


def _text_node(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and "\r" not in value and "\t" not in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text_node)


def description(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of an application, as plain dicts and lists."""
    plain: dict[str, Any] = json.loads(json.dumps(app.extensions[DOCUMENTATION].spec.to_dict()))
    for path in plain["paths"].values():
        for operation in (each for method, each in path.items() if method != "parameters"):
            operation["responses"] = dict(sorted(operation["responses"].items()))
    ordered = {"openapi": plain.pop("openapi"), "info": plain.pop("info")}
    return ordered | plain | {"paths": dict(sorted(plain["paths"].items()))}


def text() -> str:
    """The document as YAML: the same text each time. No database is opened."""
    settings = Settings()
    app = create_app(settings, open_store(settings.database_url))
    document = description(app)
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def main(arguments: list[str]) -> int:
    """Write the file that is named; 2 when it is not."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m api.openapi FILE\n")
        return 2
    Path(arguments[0]).write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
