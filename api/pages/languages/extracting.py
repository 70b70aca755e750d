"""From the templates and modules to the catalogues: `python -m api.pages.languages.extracting`, or `make catalogue`.

Each catalogue gets the messages that are new, with nothing said for them, and loses those that are gone. What a
translator wrote stays. Nothing is guessed: a message that changed by a letter is a new one, and may mean another thing.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from api.pages.languages import catalogues

PAGES = catalogues.FOLDER.parent
METHODS = {"*.py": "python", "*.html": "jinja2.ext:babel_extract"}
# As the environment of the pages is.
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "gettext_noop": None}
WIDTH = 120


def messages() -> Catalog:
    """Every message of the pages, in the order of the files, with the files that it is in."""
    found = Catalog()
    for path, method in _sources():
        place = path.relative_to(PAGES).as_posix()
        for _line, message, comments, context in extract_from_file(method, path, KEYWORDS, (), OPTIONS):
            # A line would change with each line before it; the file is enough to find a message by.
            found.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    return found


def _sources() -> Iterator[tuple[Path, str]]:
    for pattern, method in METHODS.items():
        for path in sorted(PAGES.rglob(pattern)):
            yield path, method


def brought_up(language: str) -> str:
    """The text of a language's catalogue, with the messages that there are now; its head stays as it is."""
    said = catalogues.read(language)
    found = Catalog(locale=language)
    found.mime_headers = said.mime_headers  # how many forms there are
    for message in messages():
        if message.id:
            before = said.get(message.id, message.context)
            string = before.string if before else None
            found.add(message.id, string, message.locations, message.flags, context=message.context)
    written = io.BytesIO()
    write_po(written, found, width=WIDTH, omit_header=True, include_lineno=False)
    head, _, _ = catalogues.file_of(language).read_text("utf-8").partition("\n\n")
    return f"{head.rstrip()}\n\n{written.getvalue().decode().strip()}\n"


def main() -> int:
    """Bring every catalogue up to the sources."""
    for path in sorted(catalogues.FOLDER.glob("*.po")):
        path.write_text(brought_up(path.stem), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
