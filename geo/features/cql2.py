"""CQL2 text (OGC 21-065r2, annexe B), read into conditions: what its classes basic-cql2 and advanced comparison have,
and S_INTERSECTS with any shape.

    town = 'London' AND (phase LIKE 'Prim%' OR "start-date" >= DATE('2020-01-01'))
    AND S_INTERSECTS(geometry, BBOX(-1,51,1,52))

Words of the language may be in any case, properties as they are called. Beside the standard, a hyphen may be part of
the name of a property without its quotes, for there is no arithmetic here. What is written is held against the
properties that there are: a property is compared with values of its own type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import shapely  # type: ignore[import-untyped]

from geo.features.conditions import (
    COMPARISONS,
    And,
    Between,
    Compare,
    Condition,
    In,
    Intersects,
    IsNull,
    Like,
    Not,
    Or,
    Plain,
    Property,
    Value,
)
from geo.features.windows import rectangle
from registers.datatypes import datatype
from registers.entry import shortened
from registers.errors import Invalid

GEOMETRY = "geometry"
NUMBER, TRUTH, TEXT, DATE = "number", "truth value", "text", "date"
LONGEST = 4000  # characters
DEEPEST = 30  # brackets and NOTs within each other
SHAPES = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION")
WORDS = {"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE", "DATE", "TIMESTAMP", *SHAPES}
_TOKENS = re.compile(
    r"""\s*(?:
    (?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<text>'(?:[^'\\]|''|\\.)*')
    |"(?P<quoted>[^"]+)"
    |(?P<name>[A-Za-z_:À-\U0010ffff][\w:.\-]*)
    |(?P<sign><>|<=|>=|[=<>(),])
    |(?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"''|\\'")

Transform = Callable[[Any], Any]


class Token(NamedTuple):
    """A word of the text: its kind (number, text, quoted, name, sign, end), what it says, where it begins."""

    kind: str
    said: str
    at: int

    @property
    def word(self) -> str:
        """The word of the language that it is, or the sign; nothing for all else."""
        if self.kind == "sign":
            return self.said
        return self.said.upper() if self.kind == "name" else ""


def parse(text: str, properties: Mapping[str, str], to_degrees: Transform = lambda shape: shape) -> Condition:
    """The condition that a text says. `properties` are the kinds of their values by name: number, truth value …

    `to_degrees` takes a shape as it is written to longitude and latitude. Raises Invalid, saying where.
    """
    if len(text) > LONGEST:
        raise Invalid(f"filter: has at most {LONGEST} characters")
    parser = _Parser(_tokens(text), properties, to_degrees)
    condition = parser.either()
    if parser.next.kind != "end":
        raise parser.fault("AND, OR or the end")
    return condition


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while not tokens or tokens[-1].kind != "end":
        found = _TOKENS.match(text, at)
        if found is None:
            rest = text[at:].lstrip()
            raise Invalid(
                f"filter: nothing in CQL2 begins like {shortened(rest)}, at character {len(text) - len(rest) + 1}"
            )
        kind = str(found.lastgroup)
        tokens.append(Token(kind, found[kind], found.start(kind)))
        at = found.end()
    return tokens


class _Parser:
    """Reads tokens from left to right, a method for each rule of the grammar."""

    def __init__(self, tokens: list[Token], properties: Mapping[str, str], to_degrees: Transform) -> None:
        self.tokens, self.properties, self.to_degrees = tokens, properties, to_degrees
        self.place = self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.next
        self.place += token.kind != "end"
        return token

    def accept(self, *words: str) -> str | None:
        """Take the next token if it is one of these words."""
        return self.take().word if self.next.word in words else None

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.fault(word)

    def fault(self, expected: str) -> Invalid:
        found = shortened(self.next.said) if self.next.kind != "end" else "it ends"
        return Invalid(f"filter: at character {self.next.at + 1} there should be {expected}, and {found} is there")

    # Conditions

    def either(self) -> Condition:
        parts = [self.both()]
        while self.accept("OR"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self) -> Condition:
        parts = [self.factor()]
        while self.accept("AND"):
            parts.append(self.factor())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def factor(self) -> Condition:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Invalid(f"filter: brackets and NOTs are at most {DEEPEST} deep within each other")
        found: Condition = Not(self.factor()) if self.accept("NOT") else self.primary()
        self.depth -= 1
        return found

    def primary(self) -> Condition:
        if self.accept("("):
            found = self.either()
            self.expect(")")
            return found
        if self.accept("S_INTERSECTS"):
            return self.intersects()
        if self.next.word in ("TRUE", "FALSE") and self.tokens[self.place + 1].word not in COMPARISONS:
            return Plain(self.take().word == "TRUE")
        return self.predicate()

    def predicate(self) -> Condition:
        left = self.operand()
        if op := self.accept(*COMPARISONS):
            return self.compare(op, left)
        if self.accept("IS"):
            return self.is_null(left)
        is_not = self.accept("NOT") is not None
        found = self.belongs(left)
        return Not(found) if is_not else found

    def compare(self, op: str, left: Property | Value) -> Condition:
        right = self.operand()
        self.check(left, right)
        return Compare(op, self.plain(left), self.plain(right))

    def is_null(self, left: Property | Value) -> Condition:
        is_not = self.accept("NOT") is not None
        self.expect("NULL")
        if not isinstance(left, Property):
            raise Invalid("filter: IS NULL is asked of a property")
        return Not(IsNull(left)) if is_not else IsNull(left)

    def belongs(self, left: Property | Value) -> Condition:
        """LIKE, BETWEEN or IN."""
        if self.accept("LIKE"):
            if self.kind(left) not in (TEXT, DATE) or self.next.kind != "text":
                raise Invalid("filter: LIKE compares a property that is text with a pattern such as 'Lon%'")
            return Like(self.plain(left), self.text())
        if self.accept("BETWEEN"):
            low = self.operand()
            self.expect("AND")
            high = self.operand()
            self.check(left, low, high)
            return Between(self.plain(left), self.plain(low), self.plain(high))
        if self.accept("IN"):
            values = self.listed()
            self.check(left, *values)
            return In(self.plain(left), tuple(map(self.plain, values)))
        raise self.fault("a comparison")

    def listed(self) -> list[Property | Value]:
        self.expect("(")
        values = [self.operand()]
        while self.accept(","):
            values.append(self.operand())
        self.expect(")")
        return values

    # Operands

    def operand(self) -> Property | Value:
        token = self.next
        if token.kind == "text":
            return self.text()
        if token.kind == "number":
            return self.number()
        if token.word in ("TRUE", "FALSE"):
            return self.take().word == "TRUE"
        if token.word in ("DATE", "TIMESTAMP") and self.tokens[self.place + 1].word == "(":
            return self.moment()
        if token.kind == "quoted" or (token.kind == "name" and token.word not in WORDS):
            return self.named()
        raise self.fault("a property or a value")

    def text(self) -> str:
        return _ESCAPED.sub("'", self.take().said[1:-1])

    def number(self) -> int | float:
        said = self.take().said
        if re.fullmatch(r"[+-]?[0-9]{1,300}", said):
            return int(said)
        number = float(said)
        if not np.isfinite(number):
            raise Invalid(f"filter: {shortened(said)} is too large a number")
        return number

    def moment(self) -> Value:
        word = self.take().word
        self.expect("(")
        if self.next.kind != "text":
            raise self.fault("a text such as '2020-04-01'")
        said = self.text()
        self.expect(")")
        if datatype("datetime" if word == "DATE" else "timestamp").check(said) or (word == "DATE" and len(said) != 10):
            raise Invalid(
                f"filter: {shortened(said)} is not what {word} takes, such as 2020-04-01 or 2020-04-01T10:30:00Z"
            )
        return _Moment(said)

    def named(self) -> Property:
        token = self.take()
        if token.said not in self.properties:
            there = ", ".join(self.properties)
            raise Invalid(f"filter: there is no property {shortened(token.said)}; there are {there}")
        if self.properties[token.said] == GEOMETRY:
            raise Invalid(f"filter: {shortened(token.said)} is a shape, of which only S_INTERSECTS can be asked")
        return Property(token.said)

    def kind(self, operand: Property | Value) -> str:
        if isinstance(operand, Property):
            return self.properties[operand.name]
        if isinstance(operand, bool):
            return TRUTH
        if isinstance(operand, _Moment):
            return DATE
        return TEXT if isinstance(operand, str) else NUMBER

    def check(self, *operands: Property | Value) -> None:
        """Raise Invalid unless these can be compared. A text may stand for a date."""
        kinds = {self.kind(operand) for operand in operands}
        if len(kinds - {TEXT} if DATE in kinds else kinds) > 1:
            raise Invalid(f"filter: a {' cannot be compared with a '.join(sorted(kinds))}")

    def plain(self, operand: Property | Value) -> Property | Value:
        return str(operand) if isinstance(operand, _Moment) else operand

    # Shapes

    def intersects(self) -> Condition:
        self.expect("(")
        shapes = [shape for _ in range(2) if (shape := self.shape(is_first=not _)) is not None]
        self.expect(")")
        if len(shapes) != 1:
            raise Invalid("filter: S_INTERSECTS is asked of the position of a feature and a shape")
        return Intersects(shapes[0])

    def shape(self, is_first: bool) -> Any:
        """A shape in degrees; None for the position of a feature."""
        if not is_first:
            self.expect(",")
        token = self.next
        if token.kind in ("name", "quoted") and self.properties.get(token.said) == GEOMETRY:
            self.take()
            return None
        if token.word == "BBOX":
            return self.box()
        if token.word in SHAPES:
            return self.to_degrees(self.well_known(token.word))
        raise self.fault("the position of a feature, or a shape such as POINT(-0.1 51.5)")

    def box(self) -> Any:
        self.take()
        sides = [side for side in self.listed() if isinstance(side, (int, float)) and not isinstance(side, bool)]
        if len(sides) == 6:
            sides = [*sides[:2], *sides[3:5]]
        if len(sides) != 4:
            raise Invalid("filter: BBOX has four numbers, or six with heights")
        west, south, east, north = sides
        if south > north:
            raise Invalid("filter: the lower side of a BBOX is above its upper one")
        if west > east:
            parts = [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
            return self.to_degrees(shapely.MultiPolygon(parts))
        return self.to_degrees(rectangle(west, south, east, north))

    def well_known(self, word: str) -> Any:
        begin, depth = self.take(), 0
        spelled = [word]
        if self.accept("Z"):
            spelled.append("Z")
        while True:
            token = self.next
            if token.kind not in ("number", "sign", "name"):
                raise self.fault("a number or a bracket")
            spelled.append(self.take().said)
            depth += (token.said == "(") - (token.said == ")")
            if not depth:
                break
        try:
            with np.errstate(all="ignore"):  # what is too large a number is found below
                shape = shapely.force_2d(shapely.from_wkt(" ".join(spelled)))
        except shapely.errors.GEOSException:
            raise Invalid(f"filter: the shape at character {begin.at + 1} is not well-known text of one") from None
        if not (np.isfinite(shapely.get_coordinates(shape)).all() and shape.is_valid):
            raise Invalid(
                f"filter: the shape at character {begin.at + 1} is not valid: {shapely.is_valid_reason(shape)}"
            )
        return shape


class _Moment(str):
    """The text of a date or a time."""

    __slots__ = ()
