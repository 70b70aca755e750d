"""The form that suggests a change to one record: a part for each field of its register, as the definition has them.

Values are typed as they are written in the register, a list one a line. What was not touched stays as it is, to the
letter, though a browser may send it in another form; so does what is too long to be typed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from api.pages.faults import Fault, sentence
from api.pages.languages.saying import gettext, gettext_noop, number
from api.pages.rendering import readable
from api.pages.suggesting.linked import Linked
from registers import plan
from registers.datatypes import datatype
from registers.definition import Definition, Field
from registers.entry import Item, check_key
from registers.errors import Invalid
from registers.item import ItemRules, Value, normalise
from review import policies, purposes
from review.purposes import ADD, CHANGE, CORRECT, END, RETRACT

LONGEST = 10_000  # characters of a value that can be typed
END_DATE = "end-date"
KINDS = {
    CHANGE: (gettext_noop("It is different now"), gettext_noop("Something changed in the world")),
    CORRECT: (gettext_noop("It was wrong"), gettext_noop("It should have been like this before")),
    END: (gettext_noop("It has ended"), gettext_noop("The record stays, with the day of its end")),
    RETRACT: (
        gettext_noop("It should never have been here"),
        gettext_noop("The record stays, with an end, and says so in its history"),
    ),
}
ENDING = (END, RETRACT)
PREFIX = "field-"  # of the names of parts that hold values
_ENDS = gettext_noop("What you typed ends the record: say that it has ended, was wrong, or should never have been here")
_HAD_ENDED = gettext_noop("The record had its end before: say that it is different now, or was wrong")
_SEVERAL_LINES = ("text", "geometry")
_HINTS = {
    "string": "",
    "text": "",
    "datetime": gettext_noop("A date, in full or in part, such as 2017, 2017-08 or 2017-08-09."),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was typed. `kind` is one of `purposes.PURPOSES`; `base` the digest of the item that was shown, if any;
    `draft` names the draft that is open in the form, if one is.
    """

    kind: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    evidence: str = ""
    base: str = ""
    draft: str = ""

    @property
    def note(self) -> str:
        """What those who decide are told: why, and where it can be checked."""
        return f"{self.reason}\nEvidence: {self.evidence}" if self.evidence else self.reason


@dataclass(frozen=True, slots=True)
class Part:
    """A field as a part of the form; `is_long` is for one that takes several lines.

    `completes` is where records are found whose key it takes, if any are.
    """

    field: Field
    value: str
    hint: str
    is_long: bool
    is_kept: bool
    completes: str = ""

    @property
    def id(self) -> str:
        """The id and the name of the part."""
        return PREFIX + self.field.name


def begin(kind: str, before: Item, base: str) -> Suggestion:
    """The form as it is first shown."""
    return Suggestion(kind, {name: text_of(value) for name, value in before.items()}, base=base)


def read(sent: Mapping[str, str], definition: Definition, is_new: bool) -> Suggestion:
    """The form as it was sent, for a record that is new or is there."""
    typed = {each.name: _plain(sent.get(PREFIX + each.name, "")) for each in definition.fields}
    reason, evidence = (_plain(sent.get(name, "")).strip() for name in ("reason", "evidence"))
    base, draft = sent.get("base", ""), sent.get("draft", "")
    return Suggestion(ADD if is_new else sent.get("kind", ""), typed, reason, evidence, base, draft)


def pack(suggestion: Suggestion) -> str:
    """What was typed, as text to be kept."""
    return json.dumps(asdict(suggestion), ensure_ascii=False)


def unpack(content: str) -> Suggestion:
    """What was packed."""
    return Suggestion(**json.loads(content))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_of(value: Value) -> str:
    """A value as it is typed."""
    return value if isinstance(value, str) else "\n".join(value)


def parts(definition: Definition, suggestion: Suggestion, before: Item, linked: Linked) -> list[Part]:
    """The parts of the form, the key among them only where the record is new."""
    shown = [each for each in definition.fields if not (before and each.name == definition.key_field)]
    return [_part(each, suggestion.typed.get(each.name, ""), before, linked) for each in shown]


def _part(each: Field, value: str, before: Item, linked: Linked) -> Part:
    is_long = each.many or each.datatype in _SEVERAL_LINES or "\n" in value
    completes = linked.completes.get(each.name, "")
    return Part(each, value, _hint(each, linked.told.get(each.name, "")), is_long, _is_kept(each, before), completes)


def members_of(each: Field, typed: str) -> list[str]:
    """The values that were typed into a field."""
    lines = [line.strip() for line in (typed.split("\n") if each.many else [typed])]
    return [line for line in lines if line]


def _hint(each: Field, named: str) -> str:
    rule = _HINTS.get(each.datatype, datatype(each.datatype).rule)
    rule = gettext(rule) if rule else ""  # the empty message is the head of a catalogue
    if each.register:
        rule = gettext("The key of a record of the register %(register)s", register=each.register)
    told = [each.text, rule, gettext("One a line.") if each.many else "", named]
    return " ".join(part if part.endswith(".") else f"{part}." for part in told if part)


def _is_kept(each: Field, before: Item) -> bool:
    """Whether its value is too long for the form, and stays as it is."""
    return len(text_of(before.get(each.name, ""))) > LONGEST


def item_of(definition: Definition, suggestion: Suggestion, before: Item) -> tuple[Item, list[Fault]]:
    """The item that was typed, and what is wrong with it, field by field."""
    item, faults = dict(before) if before else {}, list[Fault]()
    rules = ItemRules(definition)
    for each in definition.fields:
        if _is_kept(each, before) or (before and each.name == definition.key_field):
            continue
        value = _value(each, suggestion.typed.get(each.name, ""), before)
        item.pop(each.name, None)
        try:
            item |= _checked(definition, rules, each, value)
        except Invalid as error:
            said = sentence(error, f"{each.name}:", f"{readable(each.name)}:")
            faults.append(Fault(PREFIX + each.name, said))
    return item, faults


def _value(each: Field, typed: str, before: Item) -> Value:
    if each.name in before and typed.strip() == text_of(before[each.name]).strip():
        return before[each.name]
    lines = [line.strip() for line in typed.split("\n")]
    return [line for line in lines if line] if each.many else typed.strip()


def _checked(definition: Definition, rules: ItemRules, each: Field, value: Value) -> dict[str, Value]:
    """The field with its value, none if it is blank. Raises Invalid, naming the field."""
    if len(text_of(value)) > LONGEST:
        raise Invalid(gettext("This is at most %(count)s characters", count=number(LONGEST)))
    checked = normalise({each.name: value})
    if each.name == definition.key_field:
        if not checked:
            raise Invalid(gettext("Give the key of the record: it is needed"))
        check_key(str(checked[each.name]))
    for name, given in checked.items():
        rules.check_value(name, given)
    return checked


def check(definition: Definition, suggestion: Suggestion, before: Item) -> tuple[Item, list[Fault]]:
    """The item that is suggested, and all that is wrong with the form, in the order of its parts."""
    item, faults = item_of(definition, suggestion, before)
    said: Sequence[Fault] = _check_said(definition, suggestion, item, bool(before))
    if not faults and not said:
        said = _check_fitting(definition, suggestion, before, item)
    kinds = [each for each in said if each.part == "kind"]
    return item, [*kinds, *faults, *(each for each in said if each.part != "kind")]


def _check_fitting(definition: Definition, suggestion: Suggestion, before: Item, item: Item) -> list[Fault]:
    """A fault where nothing is changed, or what is changed is of another kind than it is said to be."""
    if item == before:
        return [Fault("changes", gettext("You have changed nothing"))]
    outcome = plan.difference(str(item[definition.key_field]), before or None, item, "").kind
    try:
        purposes.choose(suggestion.kind, policies.RECORDS, {outcome: 1})
    except Invalid:
        wrong = _ENDS if outcome == "ended" else _HAD_ENDED
        return [Fault("kind", gettext(wrong))]
    return []


def _check_said(definition: Definition, suggestion: Suggestion, item: Item, is_there: bool) -> list[Fault]:
    faults = []
    if is_there and suggestion.kind not in KINDS:
        faults.append(Fault("kind", gettext("Say what kind of change it is")))
    if suggestion.kind in ENDING and END_DATE not in definition.field_names:
        faults.append(Fault("kind", gettext("The records of this register have no end-date")))
    elif suggestion.kind in ENDING and END_DATE not in item:
        faults.append(Fault(PREFIX + END_DATE, gettext("Give the day on which it ended, or the year")))
    if not suggestion.reason:
        faults.append(Fault("reason", gettext("Say why, so that others can decide")))
    return faults
