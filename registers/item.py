"""An item: the values a record has, as field names mapped to text or to lists of text.

An item is *normalised* before anything else looks at it (NFC, empty values dropped), so that both versions of the
contract hash the same thing; then it is held against the fields of its register.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from unicodedata import is_normalized, normalize

from registers.datatypes import RELAXED, datatype
from registers.definition import Definition, Field
from registers.entry import REDACTED, shortened
from registers.errors import Invalid
from registers.redacted import is_redacted

Value = str | list[str]
Check = Callable[[str], str | None]
ITEM_LIMIT = 8 * 1024 * 1024


def normalise(members: Mapping[str, object], redacted: bool = False) -> dict[str, Value]:
    """The members in NFC, without those that are null, empty or empty lists.

    With `redacted`, values may have been taken away. Raises Invalid, naming the member, for a value that is neither
    text nor a list of text, and for what no register can hold: U+0000, half of a surrogate pair, a value made to look
    redacted.
    """
    item: dict[str, Value] = {}
    for name, value in members.items():
        if type(value) is str:
            plain = value.isascii() and "\0" not in value and value[:2] != "**"
            kept: Value = value if plain else _text(name, value, redacted)
        else:
            kept = _texts(name, value, redacted)
        if kept:
            item[name] = kept
    return item


def _texts(name: str, value: object, redacted: bool) -> Value:
    if value is None:
        return ""
    if not isinstance(value, list | tuple):
        raise Invalid(f"{name}: a value is text or a list of text, not {type(value).__name__}")
    kept = [_text(name, member, redacted) for member in value if member is not None]
    return [member for member in kept if member]


def _text(name: str, value: object, redacted: bool) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{name}: a value is text or a list of text, and {shortened(value)} is neither")
    if "\0" in value:
        raise Invalid(f"{name}: a value may not contain U+0000")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Invalid(f"{name}: {shortened(value)} contains half of a surrogate pair, which is not a character")
    if value.startswith(REDACTED) and not (redacted and is_redacted(value)):
        raise Invalid(f"{name}: a value may not begin with {REDACTED}, which marks what was taken away")
    return value if is_normalized("NFC", value) else normalize("NFC", value)


def parse_item(text: str, redacted: bool = False) -> dict[str, Value]:
    """The normalised item that a JSON object spells; with `redacted`, values may have been taken out of it.

    Raises Invalid for other JSON, or a member given twice.
    """
    try:
        members = json.loads(text, object_pairs_hook=_members)
    except RecursionError:
        raise Invalid("the item is nested too deeply; its values are text or lists of text") from None
    except ValueError as error:
        raise Invalid(f"the item is not JSON: {error}") from None
    if not isinstance(members, dict):
        raise Invalid(f"an item is a JSON object, and {shortened(text)} is not")
    return normalise(members, redacted)


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise Invalid(f"{next(name for name in names if names.count(name) > 1)}: the member is given twice")
    return members


class ItemRules:
    """What a register asks of an item: known fields, the right cardinality, values of the right datatype.

    With `relaxed`, values that only the published archive may hold (a date-time without Z, a CURIE after a space)
    are let through and told to `note`, in the words of the error they would have been.
    """

    def __init__(
        self, definition: Definition, relaxed: bool = False, note: Callable[[str], None] | None = None
    ) -> None:
        self._key_field = definition.key_field
        self._note = note
        self._known = ", ".join(field.name for field in definition.fields)
        self._rules = {field.name: (check_of(field), field.many, field) for field in definition.fields}
        self._relaxed = RELAXED if relaxed else {}

    def check(self, key: str, item: Mapping[str, Value]) -> None:
        """Raise Invalid, naming the field at fault, unless `item` may be given to `key`."""
        rules = self._rules
        for name, value in item.items():
            rule = rules.get(name)
            if rule is None:
                raise Invalid(f"{shortened(name)} is not a field of this register, whose fields are {self._known}")
            check, many, field = rule
            if many or type(value) is not str:
                self._check_list(field, value, check)
            elif reason := check(value):
                self._refuse(field, value, reason)
        if item.get(self._key_field) != key:
            self._refuse_key(key, item)

    def check_value(self, name: str, value: Value) -> None:
        """Raise Invalid, naming the field, which the register has, unless it may hold the value."""
        check, many, field = self._rules[name]
        if many or type(value) is not str:
            self._check_list(field, value, check)
        elif reason := check(value):
            self._refuse(field, value, reason)

    def _check_list(self, field: Field, value: Value, check: Check) -> None:
        if not field.many:
            raise Invalid(f"{field.name}: holds one value, and was given a list")
        if isinstance(value, str):
            raise Invalid(f"{field.name}: holds a list of values, and was given {shortened(value)} alone")
        if len(set(value)) != len(value):
            twice = next(member for member in value if value.count(member) > 1)
            raise Invalid(f"{field.name}: {shortened(twice)} is in the list twice")
        for member in value:
            if ";" in member:
                raise Invalid(
                    f"{field.name}: {shortened(member)} contains a ; which joins the members of a list in CSV"
                )
            if reason := check(member):
                self._refuse(field, member, reason)

    def _refuse(self, field: Field, value: str, reason: str) -> None:
        if is_redacted(value):
            return  # it was of its datatype once
        sentence = f"{field.name}: {shortened(value)} {reason}"
        tolerant = self._relaxed.get(field.datatype)
        if tolerant is None or tolerant(value):
            raise Invalid(sentence)
        if self._note:
            self._note(sentence)

    def _refuse_key(self, key: str, item: Mapping[str, Value]) -> None:
        if self._key_field not in item:
            raise Invalid(f"{self._key_field}: the item lacks it, and it must be the key, {shortened(key)}")
        raise Invalid(
            f"{self._key_field}: is {shortened(item[self._key_field])}, but the entry's key is {shortened(key)}"
        )


def check_of(field: Field) -> Check:
    """What each value of a field is held against. A CURIE of a field that names a register may be a key alone."""
    check = datatype(field.datatype).check
    if field.datatype == "curie" and field.register:
        plain = datatype("string").check
        return lambda value: check(value) if ":" in value else plain(value)
    return check


@dataclass(frozen=True, slots=True)
class Link:
    """One link: where it was first seen, the field it stands in, the register and key it points at."""

    place: str
    field: str
    register: str
    key: str

    def __str__(self) -> str:
        """The link as the start of a sentence."""
        return f"{self.place}: {self.field}: {shortened(self.key)}"


def linked_keys(fields: Iterable[Field], item: Mapping[str, Value]) -> Iterable[tuple[str, str, str]]:
    """Each `(field, register, key)` that the item links to, by a field that names a register or by a CURIE."""
    for field in fields:
        value = item.get(field.name)
        for member in [value] if isinstance(value, str) else value or ():
            register, key = field.link(member)
            if register and not is_redacted(member):
                yield field.name, register, key
