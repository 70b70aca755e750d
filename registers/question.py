"""A question over the records of a register: conditions on fields, a day in the world, words, an order.

A question is held against the register's definition (`check`), and then means the same wherever it is asked: of an
index (`registers.search`), or of one item (`holds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from registers.datatypes import RELAXED, datatype, first_day, last_day
from registers.definition import Definition, Field
from registers.entry import REDACTED, Item, shortened
from registers.errors import Invalid
from registers.folding import NOT_INDEXED, beginning, fold, following, highest, lowest, sortable, words_of

OPS = ("eq", "in", "gte", "lte", "prefix", "exists")
SORTS = ("-entry", "entry", "key", "-key")
VALUE_LIMIT = 200  # characters of a value that is asked for, and of a search
MEMBER_LIMIT = 100  # values of one `in`
CONDITION_LIMIT = 20
WORDS_LIMIT = 10  # words of one search
NAME_FIELD = "name"


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field is asked: an op of `OPS`, and its values: one, or those of `in`; "true" or "false" to `exists`.

    A field that holds a list keeps a condition when any member of the list does.
    """

    field: str
    op: str
    values: tuple[str, ...]

    @property
    def parameter(self) -> str:
        """The condition as the name of a query parameter."""
        return f"where.{self.field}" if self.op == "eq" else f"where.{self.field}.{self.op}"


@dataclass(frozen=True, slots=True)
class Question:
    """All that is asked: every condition, true on the day `on`, every word. Words are answered in their ranking."""

    conditions: tuple[Condition, ...] = ()
    on: date | None = None
    words: str = ""
    sort: str = "-entry"


@dataclass(frozen=True, slots=True)
class Sought:
    """The words that are asked for, folded. `key` and `name` are what the best of matches are equal to."""

    words: tuple[str, ...]
    name: str
    key: str

    def rank(self, key: str, name: str) -> int:
        """The class of a match by its key and folded name: 0 the key, 1 the name, 2 how the name begins, 3 others."""
        if key.lower() == self.key:
            return 0
        if name == self.name:
            return 1
        return 2 if name.startswith(self.name) else 3

    def matches(self, words: str) -> bool:
        """Whether every word is the beginning of one of these, which are parted by spaces."""
        spaced = f" {words}"
        return all(f" {word}" in spaced for word in self.words)


def sought(text: str) -> Sought:
    """The words of a search. Raises Invalid when there are none, or too many, or what no value holds."""
    if len(text) > VALUE_LIMIT:
        raise Invalid(f"q: a search has at most {VALUE_LIMIT} characters")
    if _is_unheard_of(text):
        raise Invalid(f"q: {shortened(text)} holds what no value can")
    words = words_of(text)
    if not words:
        raise Invalid(f"q: {shortened(text)} has no letter or digit to search for")
    if len(words) > WORDS_LIMIT:
        raise Invalid(f"q: a search has at most {WORDS_LIMIT} words")
    return Sought(tuple(dict.fromkeys(words)), " ".join(words), fold(text.strip()))


# Held against a definition


def check(question: Question, definition: Definition) -> None:
    """Raise Invalid, naming the parameter at fault, unless the question can be asked of a register so defined."""
    if question.sort not in SORTS:
        raise Invalid(f"sort: {shortened(question.sort)} is not an order: {', '.join(SORTS)}")
    if len(question.conditions) > CONDITION_LIMIT:
        raise Invalid(f"where: a question has at most {CONDITION_LIMIT} conditions")
    if question.words:
        sought(question.words)
    for condition in question.conditions:
        _check_condition(condition, indexed_field(definition, condition.field, condition.parameter))


def indexed_fields(definition: Definition) -> dict[str, Field]:
    """The fields that questions may be asked of, by name: all but texts and shapes."""
    return {field.name: field for field in definition.fields if field.datatype not in NOT_INDEXED}


def indexed_field(definition: Definition, name: str, parameter: str) -> Field:
    """One field that questions may be asked of. Raises Invalid, naming the parameter, when it is not."""
    indexed = indexed_fields(definition)
    if name in indexed:
        return indexed[name]
    if name in definition.field_names:
        raise Invalid(f"{parameter}: {name} holds text or shapes, of which nothing can be asked")
    fields = ", ".join(indexed)
    raise Invalid(f"{parameter}: {shortened(name)} is not a field of this register, whose fields are {fields}")


def _check_condition(condition: Condition, field: Field) -> None:
    parameter, op, values = condition.parameter, condition.op, condition.values
    if op not in OPS:
        raise Invalid(f"{parameter}: {shortened(op)} is not a comparison: {', '.join(OPS)}")
    if not values or (op != "in" and len(values) > 1):
        raise Invalid(f"{parameter}: takes {'at least ' if op == 'in' else ''}one value")
    if len(values) > MEMBER_LIMIT:
        raise Invalid(f"{parameter}: takes at most {MEMBER_LIMIT} values")
    for value in values:
        _check_value(condition, field, value)


def _check_value(condition: Condition, field: Field, value: str) -> None:
    parameter = condition.parameter
    if not value:
        raise Invalid(f"{parameter}: takes a value; to ask for none, use where.{field.name}.exists=false")
    if len(value) > VALUE_LIMIT:
        raise Invalid(f"{parameter}: a value to compare with has at most {VALUE_LIMIT} characters")
    if _is_unheard_of(value):
        raise Invalid(f"{parameter}: {shortened(value)} holds what no value can")
    if condition.op == "exists":
        if value not in ("true", "false"):
            raise Invalid(f"{parameter}: is true or false, not {shortened(value)}")
    elif condition.op == "prefix":
        if field.datatype == "integer":
            raise Invalid(f"{parameter}: an integer has no prefix; use gte and lte")
    elif reason := _fault(field, value):
        raise Invalid(f"{parameter}: {shortened(value)} {reason}")


def _is_unheard_of(text: str) -> bool:
    """Whether a text holds U+0000 or half of a surrogate pair."""
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _fault(field: Field, value: str) -> str | None:
    """Why no value of the field is like this; None when one might be, also one that the archive alone holds."""
    plain = field.datatype == "curie" and field.register and ":" not in value
    relaxed = None if plain else RELAXED.get(field.datatype)
    check = relaxed or datatype("string" if plain else field.datatype).check
    return check(value)


# Held against an item


@dataclass(frozen=True, slots=True)
class Span:
    """Sortable forms from `low` on and up to `high`, which is included unless `open`; None is no bound."""

    low: str | None = None
    high: str | None = None
    open: bool = False

    def holds(self, form: str) -> bool:
        """Whether a form is within."""
        if self.low is not None and form < self.low:
            return False
        if self.high is None:
            return True
        return form < self.high if self.open else form <= self.high


def forms(condition: Condition, datatype: str) -> list[str] | None:
    """The sortable forms that keep an `eq` or `in`; None for another op."""
    if condition.op not in ("eq", "in"):
        return None
    return sorted({sortable(normalize("NFC", value), datatype) for value in condition.values})


def span(condition: Condition, datatype: str) -> Span:
    """The sortable forms that keep a `gte`, `lte`, `prefix` or `exists=true`."""
    value = normalize("NFC", condition.values[0])
    if condition.op == "gte":
        return Span(low=lowest(value, datatype))
    if condition.op == "lte":
        return Span(high=highest(value, datatype))
    if condition.op == "prefix":
        begun = beginning(value, datatype)
        return Span(begun, following(begun), open=True)
    return Span()


def is_absence(condition: Condition) -> bool:
    """Whether the condition asks that there be no value."""
    return condition.op == "exists" and condition.values == ("false",)


def values_of(item: Item, name: str) -> list[str]:
    """The values of a field: none, one or those of a list; not those that were redacted."""
    value = item.get(name, ())
    return [member for member in ([value] if isinstance(value, str) else value) if not member.startswith(REDACTED)]


def holds(condition: Condition, item: Item, datatype: str) -> bool:
    """Whether an item keeps a condition that was checked."""
    found = [sortable(value, datatype) for value in values_of(item, condition.field)]
    if is_absence(condition):
        return not found
    wanted = forms(condition, datatype)
    if wanted is not None:
        return any(form in wanted for form in found)
    within = span(condition, datatype)
    return any(within.holds(form) for form in found)


def days(item: Item) -> tuple[int | None, int | None]:
    """The first and the last day an item was true in the world, as proleptic ordinals; None for no such bound."""
    start, end = _date(item.get("start-date")), _date(item.get("end-date"))
    return first_day(start).toordinal() if start else None, last_day(end).toordinal() if end else None


def _date(value: str | Sequence[str] | None) -> str | None:
    return value if isinstance(value, str) and RELAXED["datetime"](value) is None else None


def title_of(item: Item, key: str) -> str:
    """What a record is called: its name, when it has one, else its key."""
    return " ".join(values_of(item, NAME_FIELD)) or key


def datatypes_of(definition: Definition) -> Mapping[str, str]:
    """The datatype of each field that questions may be asked of."""
    return {name: field.datatype for name, field in indexed_fields(definition).items()}
