"""The form that makes a register: what was typed into it, the file that came with it, and what is wrong with either.

The form keeps nothing here between its steps: each step sends all of it again, the uploaded file as well, so nothing
is lost when something is wrong, and nothing is written before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from api.pages import packing
from api.pages.creating import uploads
from api.pages.creating.uploads import Faults, Upload
from api.pages.faults import Fault, capital, sentence
from api.pages.languages.saying import english, gettext, ngettext, number
from registers import definition as definitions
from registers.batch import Change
from registers.coverage import check_stated
from registers.definition import STATED, Definition, Field
from registers.errors import Invalid
from registers.register import TIERS, check_tier

SAID = ("title", "text", "custodian", "registry", *STATED)  # what the register will say of itself
PLAIN = ("name", *SAID, "tier")
OPTIONAL = ("registry", *STATED[1:])  # what is folded away where none of it was typed
LONGEST = {**dict.fromkeys(PLAIN, 200), "name": 100, "text": 2000, "copyright": 2000}
ROWS = 4  # for fields, in a new form, and that are added at once
TAKEN = ("new",)  # names whose pages would be hidden by this form's own address
_MEMBER = re.compile(r"field-([0-9]{1,3})-(name|datatype|many|text|register)")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field, as it was typed."""

    name: str = ""
    datatype: str = "string"
    many: bool = False
    text: str = ""
    register: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it was sent. `key` is the place of the field that holds the key; `content` the uploaded file."""

    plain: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[FieldRow, ...] = ()
    key: int = 0
    content: bytes = b""

    @property
    def packed(self) -> str:
        """The file as a hidden part of the form carries it."""
        return packing.pack(self.content)

    def with_more_rows(self) -> Form:
        """The form with room for more fields."""
        return replace(self, rows=(*self.rows, *(FieldRow(),) * ROWS)[: uploads.MOST_COLUMNS])


@dataclass(frozen=True, slots=True)
class Checked:
    """A form that holds together: the register it would make, and its first entries."""

    definition: Definition
    changes: list[Change]


def read(sent: Mapping[str, str], uploaded: bytes) -> Form:
    """The form as it was sent, with the file that came now, or else the one that came before.

    Raises Invalid for what no browser makes of the form, TooLarge for a file over the limit.
    """
    plain = {name: sent.get(name, "").strip() for name in PLAIN}
    rows: dict[int, dict[str, str]] = {}
    for name, value in sent.items():
        if found := _MEMBER.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = value.strip()
    made = [_row(rows.get(n, {})) for n in range(min(max(rows, default=-1) + 1, uploads.MOST_COLUMNS))]
    key = sent.get("key", "0")
    if uploaded:
        return Form(plain, (), 0, uploaded)  # the fields are those of the new file
    place = int(key) if re.fullmatch("[0-9]{1,3}", key, re.ASCII) else 0
    return Form(plain, tuple(made), place, packing.unpack(sent.get("content", ""), uploads.LIMIT))


def _row(members: Mapping[str, str]) -> FieldRow:
    return FieldRow(
        members.get("name", ""),
        members.get("datatype", "string"),
        "many" in members,
        members.get("text", ""),
        members.get("register", ""),
    )


def check(form: Form) -> tuple[Form, Checked | None, list[Fault]]:
    """The form with the fields that its file has, and the register it would make, or else all that is wrong."""
    faults = _check_plain(form)
    upload = None
    if form.content:
        try:
            upload = uploads.read(form.content)
        except Faults as error:
            return replace(form, content=b""), None, faults + _of_file(error)
    if upload and not form.rows:
        form = replace(form, rows=tuple(FieldRow(f.name, f.datatype, text=f.text) for f in uploads.guess(upload)))
    fields, faulty = _fields(form, upload)
    if faults or faulty:
        return form, None, faults + faulty
    return _held_together(form, fields, upload)


def _check_plain(form: Form) -> list[Fault]:
    faults = []
    for name, limit in LONGEST.items():
        if len(form.plain.get(name, "")) > limit:
            faults.append(Fault(name, gettext("This is at most %(count)s characters", count=number(limit))))
    try:
        definitions.check_name(form.plain.get("name"))
    except Invalid as error:
        empty = not form.plain.get("name")
        needed = gettext("Give the register a name for its address")
        faults.append(Fault("name", needed if empty else sentence(error)))
    if form.plain.get("name") in TAKEN:
        taken = gettext("%(name)s is the name of this page: choose another", name=form.plain["name"])
        faults.append(Fault("name", taken))
    if not form.plain.get("title"):
        faults.append(Fault("title", gettext("Give the register a title")))
    if not form.plain.get("custodian"):
        faults.append(Fault("custodian", gettext("Say who answers for the register")))
    return faults + _check_stated(form)


def _check_stated(form: Form) -> list[Fault]:
    """What is wrong with what catalogues ask for, and with the tier."""
    faults = []
    for name in (*STATED, "tier"):
        text = form.plain.get(name, "")
        try:
            check_tier(text or TIERS[0]) if name == "tier" else check_stated(name, text)
        except Invalid as error:
            faults.append(Fault(name, sentence(error)))
    return faults


def _fields(form: Form, upload: Upload | None) -> tuple[list[Field], list[Fault]]:
    """The fields that the rows spell; of a file every column is one."""
    fields: list[Field] = []
    faults = []
    for place, row in enumerate(form.rows):
        if not row.name and not upload:
            continue
        try:
            made = {"field": row.name, "datatype": row.datatype, "cardinality": "n" if row.many else "1"}
            made |= {"text": row.text} | ({"register": row.register} if row.register else {})
            definitions.check_metadata(f"field:{definitions.check_name(row.name)}", made)
        except Invalid as error:
            wrong = gettext("Field %(number)s: %(wrong)s", number=place + 1, wrong=english(str(error)))
            faults.append(Fault(f"field-{place}-name", wrong))
            continue
        if any(row.name == each.name for each in fields):
            faults.append(Fault(f"field-{place}-name", _twice(place, row.name)))
        fields.append(Field(row.name, row.datatype, made["cardinality"], row.register or None, row.text))
    if not form.rows or not (fields or faults):
        needed = gettext("Give the register a field, or upload a CSV file")
        faults.append(Fault("field-0-name" if form.rows else "file", needed))
    if upload and len(form.rows) != len(upload.header):
        faults.append(Fault("file", _uneven(len(upload.header), len(form.rows))))
    return fields, faults


def _twice(place: int, name: str) -> str:
    return gettext("Field %(number)s: there is a field %(name)s already", number=place + 1, name=name)


def _uneven(columns: int, fields: int) -> str:
    return ngettext(
        "The file has %(count)s column, and the form has %(fields)s fields: upload it again",
        "The file has %(count)s columns, and the form has %(fields)s fields: upload it again",
        columns,
        fields=fields,
    )


def _of_file(error: Faults) -> list[Fault]:
    return [Fault("file", capital(each)) for each in error.sentences]


def _said(form: Form) -> dict[str, str]:
    """What the register will say of itself, as members of its definition."""
    return {each.replace("-", "_"): form.plain[each] for each in SAID} | {"tier": form.plain["tier"] or TIERS[0]}


def _held_together(form: Form, fields: list[Field], upload: Upload | None) -> tuple[Form, Checked | None, list[Fault]]:
    """The definition and the entries, once each part by itself is right."""
    key = form.rows[form.key].name if form.key < len(form.rows) else ""
    definition = Definition(form.plain["name"], key, tuple(fields), **_said(form))
    try:
        definitions.check_definition(definition)
    except Invalid as error:
        return form, None, [Fault(f"field-{form.key}-name", sentence(error))]
    try:
        return form, Checked(definition, uploads.changes(upload, definition) if upload else []), []
    except Faults as error:
        return form, None, _of_file(error)
