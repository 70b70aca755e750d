"""From a catalogue to what is said: the `.po` file is compiled in memory when its language is first asked for.

So there is no compiled file that could be older than what a translator wrote, and no step to forget.
"""

from __future__ import annotations

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent
ENGLISH = "en"  # what the templates and modules are written in
_LOCALES = {ENGLISH: "en_GB"}  # by language, where the language alone would be another country's


def file_of(language: str) -> Path:
    """Where the catalogue of a language is."""
    return FOLDER / f"{language}.po"


def read(language: str) -> Catalog:
    """The catalogue of a language, as its translator left it."""
    with file_of(language).open("rb") as file:
        return read_po(file, locale=language)


@cache
def translations(language: str) -> NullTranslations:
    """What is said in a language; English, and what a catalogue lacks or has in doubt, is said as it is written."""
    if language == ENGLISH:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def locale_of(language: str) -> Locale:
    """How a language writes numbers, days and names of languages."""
    return Locale.parse(_LOCALES.get(language, language))


def name_of(language: str) -> str:
    """What a language calls itself, such as Cymraeg."""
    return str(locale_of(language).languages[language])
