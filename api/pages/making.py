"""The files that pages name, made of what npm installed: `python -m api.pages.making FOLDER`, its `node_modules`.

govuk-frontend makes the stylesheet and the script of all pages, Leaflet the script of those that have a map. Each
keeps its licence's notice; nothing in them names a file that is not served.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

from api.pages.assets import MADE, MAP, SCRIPT, STATIC, STYLE
from api.pages.unbranding import unbranded
from registers.errors import Invalid

GOVUK = "/*! govuk-frontend {}, MIT licence, Crown copyright (Government Digital Service); changed here */\n"
LEAFLET = "/*! Leaflet {}, BSD 2-Clause licence, Volodymyr Agafonkin and CloudMade; changed here */\n"
_SOURCE_MAP = re.compile(r"(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$")
# Images of controls that are not used, and a behaviour of a browser that is gone.
_FOREIGN = re.compile(r"(?:background-image|behavior):\s*url\([^)]*\);?")


class Package(NamedTuple):
    """What is taken of a package: its version, its stylesheet and its script."""

    version: str
    style: str
    script: str

    @classmethod
    def read(cls, folder: Path, files: str) -> Package:
        """The package in a folder; `files` are its two files without their endings. Raises Invalid without them."""
        try:
            version = json.loads((folder / "package.json").read_text("utf-8"))["version"]
            style, script = ((folder / f"{files}.{ending}").read_text("utf-8") for ending in ("css", "js"))
        except (OSError, ValueError, KeyError) as error:
            raise Invalid(f"there is no {folder.name} in {folder.parent}: {error}") from None
        return cls(version, _SOURCE_MAP.sub("", style), _SOURCE_MAP.sub("", script))


def make(packages: Path, made: Path = MADE) -> None:
    """Make the files from the packages in a folder. Raises Invalid when one is not there, or not as it is known."""
    govuk = Package.read(packages / "govuk-frontend", "dist/govuk/govuk-frontend.min")
    leaflet = Package.read(packages / "leaflet", "dist/leaflet")
    notices = GOVUK.format(govuk.version), LEAFLET.format(leaflet.version)
    files = {
        STYLE: f"{notices[0]}{unbranded(govuk.style)}\n{notices[1]}{self_contained(leaflet.style)}\n",
        SCRIPT: f"{notices[0]}{govuk.script}\n{_own('complete.js')}\n{_own('start.js')}",
        MAP: f"{notices[1]}{leaflet.script}\n{_own('draw.js')}",
    }
    made.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (made / name).write_text(content, "utf-8")


def self_contained(style: str) -> str:
    """A stylesheet that names no other file. Raises Invalid when it still does."""
    style = _FOREIGN.sub("", style)
    if "url(" in style:
        raise Invalid("the stylesheet names other files: this version of leaflet is not known here")
    return style


def _own(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


def main(arguments: list[str]) -> int:
    """Make the files from the packages in the folder that is named; 2 when none is, 1 when they will not do."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m api.pages.making node_modules\n")
        return 2
    try:
        make(Path(arguments[0]))
    except Invalid as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
