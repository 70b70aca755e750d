"""What is wrong with a form, as the pages say it: at its top, and beside the part that it is wrong with."""

from __future__ import annotations

from dataclasses import dataclass

from registers.errors import RegistersError


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and the id of the part of the form that it is wrong with."""

    part: str
    sentence: str


def sentence(error: RegistersError) -> str:
    """An error as a sentence for a person."""
    text = str(error)
    return text[:1].upper() + text[1:]
