"""What is wrong with a form, as the pages say it: at its top, and beside the part that it is wrong with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.pages.languages.saying import Said, english, gettext
from registers.errors import RegistersError


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and the id of the part of the form that it is wrong with."""

    part: str
    said: str

    @property
    def sentence(self) -> str:
        """What is wrong as the page shows it: marked as English where it is said by a room below, in English."""
        return english(self.said)


def beside(faults: Sequence[Fault]) -> dict[str, Mapping[str, str]]:
    """The message of each part that something is wrong with, as components take it: the first, if there are several."""
    hidden = gettext("Error")  # a screen reader says it before the message
    return {each.part: {"text": each.sentence, "visuallyHiddenText": hidden} for each in reversed(faults)}


def sentence(error: RegistersError, named: str = "", called: str = "") -> str:
    """An error as a sentence for a person; what it begins with, if that is `named`, is what the page has `called`."""
    text = error.args[0]
    if named and text.startswith(named):
        text = called + text.removeprefix(named)
    return capital(text)


def capital(text: str) -> str:
    """A sentence with a capital letter; it is still one of the catalogues if it was."""
    begun = text[:1].upper() + text[1:]
    return Said(begun) if isinstance(text, Said) else begun
