"""npm's govuk-frontend, made fit for these pages: `python -m api.pages.unbranding FOLDER`.

FOLDER holds the package. What only the government's own site may show is taken out: its typeface and its crest.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from api.pages.assets import MADE, SCRIPT, STATIC, STYLE
from registers.errors import Invalid

NOTICE = "/*! govuk-frontend {version}, MIT licence, Crown copyright (Government Digital Service); changed here */\n"
TYPEFACE = "GDS Transport"
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_IMAGE = re.compile(r"url\([^)]*\)")
_SOURCE_MAP = re.compile(r"(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$")


def make(package: Path, made: Path = MADE) -> None:
    """Make the stylesheet and the script of the govuk-frontend in the folder `package`.

    Raises Invalid when that is not a govuk-frontend whose brand can be taken out.
    """
    try:
        version = json.loads((package / "package.json").read_text("utf-8"))["version"]
        style = (package / "dist/govuk/govuk-frontend.min.css").read_text("utf-8")
        script = (package / "dist/govuk/govuk-frontend.min.js").read_text("utf-8")
    except (OSError, ValueError, KeyError) as error:
        raise Invalid(f"there is no govuk-frontend in {package}: {error}") from None
    notice = NOTICE.format(version=version)
    start = (STATIC / "start.js").read_text("utf-8")
    made.mkdir(parents=True, exist_ok=True)
    (made / STYLE).write_text(f"{notice}{unbranded(style)}\n", "utf-8")
    (made / SCRIPT).write_text(f"{notice}{_SOURCE_MAP.sub('', script)}\n{start}", "utf-8")


def unbranded(style: str) -> str:
    """The stylesheet without the government's typeface and images. Raises Invalid when one is still in it."""
    style = style.replace('@charset "UTF-8";', "")
    style = _IMAGE.sub("none", _SOURCE_MAP.sub("", _FONT_FACE.sub("", style)))
    style = style.replace(f"{TYPEFACE},arial,sans-serif", "Arial,Helvetica,sans-serif")
    for brand in (TYPEFACE, "@font-face", "url("):
        if brand in style:
            raise Invalid(f"the stylesheet still has {brand}: this version of govuk-frontend is not known here")
    return style


def main(arguments: list[str]) -> int:
    """Make the files of the package whose folder is named; 2 when it is not, 1 when it will not do."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m api.pages.unbranding node_modules/govuk-frontend\n")
        return 2
    try:
        make(Path(arguments[0]))
    except Invalid as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
