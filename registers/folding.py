"""Text as it is searched, and values as they are compared: the same on every engine, because it is done here.

*Folded* text has no case, no accents and no other marks; its *words* are the runs of letters and digits in it. The
*sortable form* of a value sorts, by code point, as its datatype does.
"""

from __future__ import annotations

from hashlib import sha256
from unicodedata import category, normalize

WORD_LIMIT = 60  # characters of a word that are looked at
FORM_LIMIT = 256  # characters of a sortable form before it is cut; more than a form that is asked for can have
CUT = "\U0010fffd"  # parts the beginning of a form that was cut from the SHA-256 of all of it
NOT_INDEXED = ("text", "geometry")
TIMES = ("datetime", "timestamp")
ENDED = "!"  # in place of the Z that a time ends with: below the colon, so that 10:00 sorts before 10:30
_NINES = str.maketrans("0123456789", "9876543210")


def fold(text: str) -> str:
    """The text without case or accents.

    >>> fold("Crème Brûlée, Straße")
    'creme brulee, strasse'
    """
    if text.isascii():
        return text.lower()
    folded = normalize("NFKD", normalize("NFKD", text).casefold())
    return "".join(character for character in folded if category(character)[0] != "M")


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order, each cut to 60 characters.

    >>> words_of("St. Mary's, Ely")
    ['st', 'mary', 's', 'ely']
    """
    folded = fold(text)
    if folded.isalnum():
        return [folded[:WORD_LIMIT]]
    spaced = "".join(character if character.isalnum() else " " for character in folded)
    return [word[:WORD_LIMIT] for word in spaced.split()]


def sortable(value: str, datatype: str) -> str:
    """The form of a value that sorts as its datatype does, at most 321 characters; equal forms are equal values."""
    form = _integer_form(value) if datatype == "integer" else _time_form(value) if datatype in TIMES else value
    if len(form) <= FORM_LIMIT:
        return form
    return f"{form[:FORM_LIMIT]}{CUT}{sha256(form.encode()).hexdigest()}"


def shown(form: str, datatype: str) -> str | None:
    """The value that a sortable form stands for; None when the form was cut, so that only the item knows."""
    if len(form) > FORM_LIMIT:
        return None
    if datatype in TIMES and form.endswith(ENDED):
        return f"{form[:-1]}Z"
    return _integer_of(form) if datatype == "integer" else form


def beginning(value: str, datatype: str) -> str:
    """What the sortable forms of values begin with that begin so."""
    return _time_form(value) if datatype in TIMES else value


def lowest(value: str, datatype: str) -> str:
    """The least sortable form that is not below a value. A time is cut to what it says: T10Z begins at 10:00."""
    return value.removesuffix("Z") if datatype in TIMES else sortable(value, datatype)


def highest(value: str, datatype: str) -> str:
    """The greatest sortable form that is not above a value: 2017 goes on until 2017-12-31T23:59:59Z."""
    return f"{value.removesuffix('Z')}~" if datatype in TIMES else sortable(value, datatype)


def _time_form(value: str) -> str:
    return f"{value[:-1]}{ENDED}" if value.endswith("Z") else value


def following(prefix: str) -> str | None:
    """The least text above all that begin with a prefix; None when there is none.

    >>> following("ab"), following("퟿"), following("a\U0010ffff")
    ('ac', '\\ue000', 'b')
    """
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return None
    last = 0xE000 if kept[-1] == "\ud7ff" else ord(kept[-1]) + 1
    return kept[:-1] + chr(last)


# Numbers as text: a sign, how many digits there are in the count of digits, the count, the digits. Those of a negative
# number are turned about, nine for nought, so that the greater sorts first.


def _integer_form(value: str) -> str:
    digits = value.removeprefix("-")
    count = str(len(digits))
    form = f"{len(count)}{count}{digits}"
    return f"n{form.translate(_NINES)}" if value.startswith("-") else f"p{form}"


def _integer_of(form: str) -> str:
    if not form or form[0] not in "np":
        return form
    counted = form[1:].translate(_NINES) if form[0] == "n" else form[1:]
    digits = counted[1 + int(counted[:1] or 0) :]
    return f"-{digits}" if form[0] == "n" else digits
