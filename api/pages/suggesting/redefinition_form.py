"""The form that suggests what a register should say of itself: its members, the meanings of its fields, more fields.

What was not touched is not part of what is suggested. Nothing that is said of a register can be emptied, only changed;
no field is taken away, nor changed in what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from api.pages.faults import Fault, sentence
from api.pages.languages.saying import english, gettext, gettext_noop, number
from registers import definition as definitions
from registers import restating
from registers.coverage import FREQUENCIES, check_stated
from registers.definition import PHASES, Definition, Field
from registers.errors import Invalid

LONGEST = 2000  # characters of each part
ROWS = 2  # for new fields
CHOICES = {"update-frequency": FREQUENCIES, "phase": PHASES}
LONG = ("text", "copyright")
TIER_HINTS = {
    "ordinary": gettext_noop("What somebody suggests is published once one custodian agrees who did not suggest it"),
    "critical": gettext_noop(
        "It takes two custodians, neither of whom suggested it. No register is critical whose custodian decides alone"
    ),
}
LABELS = {
    "text": gettext_noop("Description"),
    "copyright": gettext_noop("Attribution"),
    "spatial-coverage": gettext_noop("Where it is about"),
    "temporal-coverage": gettext_noop("When it is about"),
    "update-frequency": gettext_noop("How often it changes"),
    "last-confirmed": gettext_noop("Last found right"),
    "registry": gettext_noop("Registry (who runs it)"),
}
HINTS = {
    "title": gettext_noop("What people call it"),
    "custodian": gettext_noop("Who answers for it: a person or an organisation"),
    "licence": gettext_noop("Such as Open Government Licence v3.0"),
    "copyright": gettext_noop("What those who use it have to say of where it comes from"),
    "spatial-coverage": gettext_noop("A place as people call it, or its URI"),
    "temporal-coverage": gettext_noop("Two dates with a / between; either may be .., as in 1974-04-01/.."),
    "last-confirmed": gettext_noop("The last day on which the custodian found every record right, such as 2026-01-31"),
}
MEMBER, MEANING, NEW = "member-", "meaning-", "new-"  # beginnings of the names of parts
_ROW = ("name", "datatype", "many", "register", "text")


@dataclass(frozen=True, slots=True)
class Redefinition:
    """What was typed, by the names of the parts. `base` is how many metadata entries the register had then."""

    typed: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    reason: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the register should say: the members that differ, and the fields that are new or mean something else."""

    members: Mapping[str, str]
    fields: tuple[Field, ...]


def begin(definition: Definition, base: str) -> Redefinition:
    """The form as it is first shown."""
    typed = {MEMBER + name: definition.said(name) for name in restating.MEMBERS}
    typed |= {MEANING + each.name: each.text for each in definition.fields}
    return Redefinition(typed | {f"{NEW}{row}-datatype": "string" for row in range(ROWS)}, "change", base=base)


def read(sent: Mapping[str, str], definition: Definition) -> Redefinition:
    """The form as it was sent."""
    rows = [f"{NEW}{row}-{part}" for row in range(ROWS) for part in _ROW]
    names = [*begin(definition, "").typed, *rows]
    typed = {name: sent.get(name, "").replace("\r\n", "\n").strip() for name in names}
    said = (sent.get(name, "").replace("\r\n", "\n").strip() for name in ("kind", "reason", "base"))
    return Redefinition(typed, *said)


def check(definition: Definition, form: Redefinition) -> tuple[Wanted, list[Fault]]:
    """What the register should say, and all that is wrong with the form, in the order of its parts."""
    members, faults = _members(definition, form)
    fields, faulty = _fields(definition, form)
    faults = [*faults, *_too_long(form), *faulty]
    if not (members or fields or faults):
        faults.append(Fault("changes", gettext("You have changed nothing")))
    if not form.reason:
        faults.append(Fault("reason", gettext("Say why, so that others can decide")))
    return Wanted(members, fields), faults


def _members(definition: Definition, form: Redefinition) -> tuple[dict[str, str], list[Fault]]:
    typed = {name: form.typed.get(MEMBER + name, "") for name in restating.MEMBERS}
    members = {name: text for name, text in typed.items() if text != definition.said(name).strip()}
    faults = []
    for name, text in members.items():
        try:
            restating.check_members({name: text})
            check_stated(name, text)
        except Invalid as error:
            faults.append(Fault(MEMBER + name, sentence(error)))
    return members, faults


def _too_long(form: Redefinition) -> list[Fault]:
    said = gettext("This is at most %(count)s characters", count=number(LONGEST))
    return [Fault(name, said) for name, text in form.typed.items() if len(text) > LONGEST]


def _fields(definition: Definition, form: Redefinition) -> tuple[tuple[Field, ...], list[Fault]]:
    """The fields that are new, or mean something else."""
    fields = [
        replace(each, text=form.typed[MEANING + each.name])
        for each in definition.fields
        if form.typed.get(MEANING + each.name, "") != each.text.strip()
    ]
    faults, names = list[Fault](), [*definition.field_names]
    for row in range(ROWS):
        name, *_ = given = [form.typed.get(f"{NEW}{row}-{part}", "") for part in _ROW]
        if not any(part for part in (given[0], *given[2:])):
            continue
        try:
            fields.append(_new(given, names))
            names.append(name)
        except Invalid as error:
            faults.append(
                Fault(
                    f"{NEW}{row}-name",
                    gettext("New field %(number)s: %(wrong)s", number=row + 1, wrong=english(error.args[0])),
                )
            )
    return tuple(fields), faults


def _new(given: list[str], names: list[str]) -> Field:
    """The field that a row spells. Raises Invalid."""
    name, datatype, many, register, text = given
    made = Field(definitions.check_name(name), datatype, "n" if many else "1", register or None, text)
    if name in names:
        raise Invalid(gettext("there is a field %(name)s already", name=name))
    definitions.check_metadata(f"field:{name}", {key: value for key, value in made.item().items() if value})
    return made
