"""Conditions on the properties and the position of a feature, as a tree, and which features keep them.

The tree is what CQL2 says (OGC 21-065r2), of which `cql2` reads the text; it is made by hand just as well. A
comparison with a value that is not there is neither true nor false, and so is its negation; what is kept is what is
true. A list keeps a comparison when one of its members does. Dates are compared as they are written, so 2017 is
before 2017-05-01.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from geo.features.positions import Numbers, Positions
from geo.features.windows import intersecting
from registers.errors import Invalid

Value = str | int | float | bool
Truth = bool | None
MOST_READ = 200_000  # features whose values are read one by one for one answer

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Property:
    """The value of a property."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands compared, by one of `COMPARISONS`."""

    op: str
    left: Property | Value
    right: Property | Value


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether a property has no value."""

    of: Property


@dataclass(frozen=True, slots=True)
class Like:
    """Whether a text is like a pattern: `%` is any text, `_` one character, a backslash takes either for itself."""

    of: Property | Value
    pattern: str


@dataclass(frozen=True, slots=True)
class Between:
    """Whether a value is between two, both included."""

    of: Property | Value
    low: Property | Value
    high: Property | Value


@dataclass(frozen=True, slots=True)
class In:
    """Whether a value is one of several."""

    of: Property | Value
    values: tuple[Property | Value, ...]


@dataclass(frozen=True, slots=True)
class Intersects:
    """Whether the position has a point in common with a shape in degrees."""

    shape: Any


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    of: Condition


@dataclass(frozen=True, slots=True)
class And:
    """All of several."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of several."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Plain:
    """A truth value that stands there as it is."""

    truth: bool


Condition = Compare | IsNull | Like | Between | In | Intersects | Not | And | Or | Plain
Hits = dict[Intersects, frozenset[int]]


def keep(positions: Positions, size: int, numbers: Numbers, conditions: tuple[Condition, ...]) -> Numbers:
    """Those of the versions, which are the record at a size, that keep all conditions.

    What an index tells is asked first; of what is left, the values are read. Raises Invalid when that is too many.
    """
    parts = list(_parts(And(conditions)))
    for part in parts:
        if isinstance(part, Intersects):
            numbers = np.intersect1d(numbers, intersecting(positions, size, part.shape), assume_unique=True)
        elif equal := _equality(part):
            numbers = positions.with_value(numbers, *equal)
    left = [part for part in parts if not isinstance(part, Intersects)]
    if not left:
        return numbers
    if len(numbers) > MOST_READ:
        raise Invalid(
            f"the filter leaves {len(numbers):,} features to be looked at one by one, and {MOST_READ:,} are the most: "
            f"ask for a bbox, or for a property that is equal to a value"
        )
    hits = {each: frozenset(intersecting(positions, size, each.shape).tolist()) for each in _shapes(And(tuple(left)))}
    whole = And(tuple(left))
    return np.array([n for n in numbers.tolist() if holds(whole, positions.properties(n), n, hits)], np.int64)


def holds(condition: Condition, properties: Mapping[str, Any], number: int = 0, hits: Hits | None = None) -> Truth:
    """Whether a feature keeps a condition; None when that cannot be said. `hits` has the versions in each shape."""
    match condition:
        case And(parts):
            return _all(holds(part, properties, number, hits) for part in parts)
        case Or(parts):
            return _opposite(_all(_opposite(holds(part, properties, number, hits)) for part in parts))
        case Not(of):
            return _opposite(holds(of, properties, number, hits))
        case Intersects():
            return number in (hits or {})[condition]
        case Plain(truth):
            return truth
        case IsNull(of):
            return not _values(of, properties)
        case _:
            return _compares(condition, properties)


def _compares(condition: Compare | Like | Between | In, properties: Mapping[str, Any]) -> Truth:
    match condition:
        case Compare(op, left, right):
            return _any(COMPARISONS[op], _values(left, properties), _values(right, properties))
        case Like(of, pattern):
            found = _values(of, properties)
            return any(is_like(str(value), pattern) for value in found) if found else None
        case Between(of, low, high):
            above = Compare(">=", of, low)
            return _all(_compares(part, properties) for part in (above, Compare("<=", of, high)))
        case In(of, values):
            equal = (_compares(Compare("=", of, value), properties) for value in values)
            return _opposite(_all(_opposite(each) for each in equal))


def _values(operand: Property | Value, properties: Mapping[str, Any]) -> list[Any]:
    """The values of an operand: none, one, or the members of a list."""
    if not isinstance(operand, Property):
        return [operand]
    found = properties.get(operand.name)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _any(compare: Callable[[Any, Any], bool], lefts: list[Any], rights: list[Any]) -> Truth:
    if not lefts or not rights:
        return None
    return any(compare(left, right) for left in lefts for right in rights if _alike(left, right))


def _alike(left: Any, right: Any) -> bool:
    """Whether two values can be compared: a whole number too long to be one stays text, and is like no other."""
    return isinstance(left, str) == isinstance(right, str)


def _opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _all(truths: Iterator[Truth]) -> Truth:
    found: Truth = True
    for truth in truths:
        if truth is False:
            return False
        found = None if truth is None else found
    return found


def is_like(text: str, pattern: str) -> bool:
    """Whether a text is like a pattern. Each part between two `%` is looked for once, so no pattern takes long."""
    first, *others = _between_any(pattern)
    if not others:
        return first.fullmatch(text) is not None
    begun, *middle = first.match(text), *others[:-1]
    for part in middle:
        begun = begun and part.search(text, begun.end())
    if begun is None:
        return False
    ending = others[-1]
    length = len(text) - _width(ending)
    return length >= begun.end() and ending.match(text, length) is not None


@lru_cache(maxsize=64)
def _between_any(pattern: str) -> list[re.Pattern[str]]:
    """The parts of a pattern of LIKE between its `%`, each as a regular expression of one width."""
    parts = [""]
    for token in re.findall(r"\\.|.", pattern, re.DOTALL):
        if token == "%":  # noqa: S105 - no password
            parts.append("")
        else:
            parts[-1] += "." if token == "_" else re.escape(token[-1])  # noqa: S105
    return [re.compile(part, re.DOTALL) for part in parts]


def _width(part: re.Pattern[str]) -> int:
    """How many characters such a regular expression takes."""
    return len(re.sub(r"\\(.)", "x", part.pattern, flags=re.DOTALL))


def _parts(condition: Condition) -> Iterator[Condition]:
    """What all must be true for the condition to be."""
    if isinstance(condition, And):
        for part in condition.parts:
            yield from _parts(part)
    else:
        yield condition


def _shapes(condition: Condition) -> Iterator[Intersects]:
    match condition:
        case Intersects():
            yield condition
        case Not(of):
            yield from _shapes(of)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _shapes(part)


def _equality(condition: Condition) -> tuple[str, str] | None:
    """The property that must be equal to a value, and that value as the register writes it; else None."""
    match condition:
        case Compare("=", Property(name), value) | Compare("=", value, Property(name)):
            if isinstance(value, bool):
                return name, str(value).lower()
            if isinstance(value, (str, int)):
                return name, str(value)
    return None
