"""Descriptions beside the CSV files of a release: CSVW metadata for each, and one Data Package for all.

    records.csv-metadata.json   entries.csv-metadata.json   datapackage.json

They say what the state, the definition and the manifest say already, so, like the manifest itself, they are not among
the files that it names: they are made anew whenever they are asked for, and written beside the files after each build.
"""

from __future__ import annotations

import json
from typing import Any

from bulk.describing import csvw, package
from bulk.describing.columns import TABLES
from bulk.manifest import Manifest
from bulk.releases import Release
from bulk.source import Source

_OF_TABLES = {f"{name}{csvw.SUFFIX}": make for name, make in TABLES.items()}
NAMES = (*_OF_TABLES, package.PACKAGE)


def describe(name: str, source: Source, manifest: Manifest) -> str:
    """The text of the description called `name`, which is one of `NAMES`."""
    if name in _OF_TABLES:
        return _text(csvw.describe(source, _OF_TABLES[name](source.definition)))
    return _text(package.describe(source, (make(source.definition) for make in TABLES.values()), manifest))


def write_beside(release: Release, source: Source) -> None:
    """Write the descriptions of the CSV files that are made; none where none is. Raises Unavailable for a full disk."""
    manifest = release.manifest()
    tables = [make(source.definition) for name, make in TABLES.items() if name in manifest.files]
    texts = {f"{table.name}{csvw.SUFFIX}": _text(csvw.describe(source, table)) for table in tables}
    if tables:
        texts[package.PACKAGE] = _text(package.describe(source, tables, manifest))
    # If we crash here, files are without descriptions, or with those from before; the next build writes them.
    release.put_beside(texts)


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
