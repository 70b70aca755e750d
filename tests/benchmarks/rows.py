"""Rows to measure with: made-up schools, of the shape and size of real ones."""

from __future__ import annotations

from collections.abc import Iterator

from registers.batch import Change
from registers.definition import Definition, Field

DEFINITION = Definition(
    name="school",
    key_field="school",
    fields=(
        Field("school"),
        Field("name"),
        Field("town"),
        Field("postcode"),
        Field("tags", cardinality="n"),
        Field("start-date", datatype="datetime"),
    ),
    title="School",
)
TOWNS = ("Aberystwyth", "Bangor", "Caerfyrddin", "Dinbych-y-pysgod", "Ely", "Flint", "Gŵyr", "Haverfordwest")


def item(number: int) -> dict[str, str | list[str]]:
    """The item of one school."""
    return {
        "school": str(100_000 + number),
        "name": f"St Mary's Church of England Primary School No. {number}",
        "town": TOWNS[number % len(TOWNS)],
        "postcode": f"SA{number % 90 + 10} {number % 9}AB",
        "tags": ["primary", f"group-{number % 50}"],
        "start-date": f"{1900 + number % 120}-09-01",
    }


def changes(first: int, count: int) -> Iterator[Change]:
    """Changes that append schools `first … first + count − 1`."""
    return (Change(str(100_000 + number), item(number)) for number in range(first, first + count))
