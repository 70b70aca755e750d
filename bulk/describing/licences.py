"""Licences by their URIs, for catalogues compare these: a register says its licence in words, or as a URI itself.

Words that name no licence known here stay words: which licence is meant is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from registers.datatypes import datatype

OGL_3 = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
_KNOWN = {
    "open government licence v3.0": OGL_3,
    "open government licence version 3.0": OGL_3,
    "ogl-uk-3.0": OGL_3,
    "creative commons attribution 4.0 international": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "public domain": "https://creativecommons.org/publicdomain/mark/1.0/",
    "gnu lesser general public license, version 2.1": "https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html",
}


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: what people call it, and its URI if that is known."""

    title: str
    uri: str = ""


def licence_of(words: str) -> Licence | None:
    """The licence that a register states; None where it states none."""
    if not words:
        return None
    return Licence(words, words if is_uri(words) else _KNOWN.get(" ".join(words.casefold().split()), ""))


def is_uri(text: str) -> bool:
    """Whether a text is a web address, and so may stand for a thing itself."""
    return datatype("url").check(text) is None
