"""What a register is: its fields, its name for people, its custodian. Read from the register's metadata entries.

Metadata entries have the keys `name`, `register-name`, `custodian`, `tier`, `licence`, `copyright`, `register:<id>`
and `field:<id>`, the latest of each wins, and their items keep the shapes that GOV.UK Registers published:
`{"custodian": …}`, `{"fields": […], "phase", "register", "registry", "text"}` and
`{"field", "datatype", "cardinality", "phase", "text"[, "register"]}`. The keys of `registers.coverage` are beside them.

A definition only grows: fields may be added, never changed in what they hold, never removed.

Beside these the metadata region has the entries of the key `redaction`, which say what was taken away; see
`registers.redaction`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from registers.coverage import check_stated
from registers.datatypes import datatype
from registers.entry import Item, shortened
from registers.errors import Invalid
from registers.register import TIERS, check_tier

NAME_RULE = "a name starts with a small letter and goes on with small letters, digits and hyphens, at most 100 in all"
STATED = ("licence", "copyright", "spatial-coverage", "temporal-coverage", "update-frequency", "last-confirmed")
TIER = "tier"
PLAIN_KEYS = ("name", "register-name", "custodian", TIER, *STATED)
FIELD_MEMBERS = {"field", "datatype", "cardinality", "phase", "register", "text"}
REGISTER_MEMBERS = {"fields", "phase", "register", "registry", "copyright", "text"}
MEMBERS = {"register", "title", "text", "custodian", "registry", "phase", "key-field", "fields", TIER, *STATED}
PHASES = ("discovery", "alpha", "beta", "live")
REDACTION = "redaction"
REDACTION_LISTS = ("fields", "items", "blobs", "values")
REASON_LIMIT = 1000  # characters
_SHAPES = {
    "items": re.compile(r"sha-256:[0-9a-f]{64}"),
    "blobs": re.compile(r"1220[0-9a-f]{64}"),
    "values": re.compile(r"[0-9a-f]{64}"),
}
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f]")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,99}")


def check_name(name: object) -> str:
    """`name`, or Invalid unless it can name a register or a field."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Invalid(f"{shortened(name)} is not a name: {NAME_RULE}")
    return name


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its datatype; one value (`1`) or a list (`n`); the register, if any, that its values are keys of."""

    name: str
    datatype: str = "string"
    cardinality: str = "1"
    register: str | None = None
    text: str = ""
    phase: str = "beta"

    @property
    def many(self) -> bool:
        """Whether the field holds a list."""
        return self.cardinality == "n"

    @property
    def meaning(self) -> tuple[str, str, str | None]:
        """What may never change once the register is published."""
        return self.datatype, self.cardinality, self.register

    def link(self, value: str) -> tuple[str | None, str]:
        """The register and key that a value of this field points at; no register when it is not a link."""
        if self.datatype == "curie" and ":" in value:
            register, _, key = value.strip().partition(":")
            return register, key
        return self.register, value

    def item(self) -> dict[str, str]:
        """The field as the item of its metadata entry."""
        members = {"field": self.name, "datatype": self.datatype, "cardinality": self.cardinality, "phase": self.phase}
        return members | {"text": self.text} | ({"register": self.register} if self.register else {})


@dataclass(frozen=True, slots=True)
class Definition:
    """A register's definition at a state. `fields` are in the order of the CSV; `key_field` holds the key.

    `tier` is how much care it asks for: unlike all that is stated, it is never empty.
    """

    name: str
    key_field: str
    fields: tuple[Field, ...]
    title: str = ""
    text: str = ""
    custodian: str = ""
    registry: str = ""
    phase: str = "beta"
    licence: str = ""
    copyright: str = ""
    spatial_coverage: str = ""
    temporal_coverage: str = ""
    update_frequency: str = ""
    last_confirmed: str = ""
    tier: str = TIERS[0]

    def said(self, member: str) -> str:
        """What the register says of itself under the name of a member, such as `text` or `last-confirmed`."""
        return str(getattr(self, member.replace("-", "_")))

    @property
    def field_names(self) -> list[str]:
        """The names of the fields, in order."""
        return [field.name for field in self.fields]

    @property
    def links(self) -> list[Field]:
        """The fields whose values may be keys of a register (the key field names this one)."""
        return [f for f in self.fields if f.name != self.key_field and (f.register or f.datatype == "curie")]

    def entries(self) -> list[tuple[str, dict[str, str | list[str]]]]:
        """The metadata entries, as key and item, that define this register from nothing; it is ordinary unless said."""
        plain = {"name": self.name, "register-name": self.title, "custodian": self.custodian}
        plain |= {TIER: self.tier} if self.tier != TIERS[0] else {}
        plain |= {key: self.said(key) for key in STATED}
        entries: list[tuple[str, dict[str, str | list[str]]]] = [
            (key, {key: value}) for key, value in plain.items() if value
        ]
        entries += [(f"field:{field.name}", {**field.item()}) for field in self.fields]
        register = {"register": self.name, "registry": self.registry, "phase": self.phase, "text": self.text}
        return [*entries, (f"register:{self.name}", {"fields": self.field_names, **register})]


def from_metadata(
    name: str, key_field: str | None, records: Mapping[str, Item], tier: str = TIERS[0]
) -> Definition | None:
    """The definition that the latest metadata items spell, by key; None while there is no `register:<id>` item.

    `tier` is the register's where none of them says one: it was made before they did, or is ordinary.

    Raises Invalid when a field is listed but not defined.
    """
    register = _register_item(records)
    if register is None:
        return None
    listed = _listed(register)
    fields = tuple(_field(field, records) for field in listed)
    own = str(register.get("register", ""))
    return Definition(
        name=name,
        key_field=key_field or (own if own in listed else listed[0]),
        fields=fields,
        title=_plain(records, "register-name"),
        custodian=_plain(records, "custodian"),
        tier=_plain(records, TIER) or tier,
        **_stated(lambda key: _plain(records, key) or str(register.get(key, ""))),
        **{member: str(register.get(member, "")) for member in ("text", "registry", "phase")},
    )


def _register_item(records: Mapping[str, Item]) -> Item | None:
    """The latest `register:<id>` item: records are in the order of their latest entries."""
    found = [item for key, item in records.items() if key.startswith("register:")]
    return found[-1] if found else None


def _listed(register: Item) -> list[str]:
    listed = register.get("fields")
    if not isinstance(listed, list) or not listed:
        raise Invalid("fields: a register lists its fields, at least one")
    return listed


def _field(name: str, records: Mapping[str, Item]) -> Field:
    item = records.get(f"field:{name}")
    if item is None:
        raise Invalid(f"the register lists the field {shortened(name)}, and no metadata entry field:{name} defines it")
    members = {member: str(item[member]) for member in item if member in FIELD_MEMBERS - {"field"}}
    return Field(name, **members)


def _stated(find: Callable[[str], str]) -> dict[str, str]:
    """The members of `STATED`, as arguments, each found by its key."""
    return {key.replace("-", "_"): find(key) for key in STATED}


def _plain(records: Mapping[str, Item], key: str) -> str:
    return str(records.get(key, {}).get(key, ""))


# The rules of metadata entries


def check_metadata(key: str, item: Item) -> None:
    """Raise Invalid, naming the member at fault, unless the metadata entry has a known key and its item's shape."""
    kind, _, identifier = key.partition(":")
    if key in PLAIN_KEYS:
        if set(item) != {key} or not isinstance(item[key], str):
            raise Invalid(f'the metadata entry {key} holds an item of the form {{"{key}": …}}')
        check_tier(item[key]) if key == TIER else check_stated(key, str(item[key]))
    elif key == REDACTION:
        _check_redaction(item)
    elif kind == "field" and identifier:
        _check_field(identifier, item)
    elif kind == "register" and identifier:
        _check_register(identifier, item)
    else:
        raise Invalid(f"{shortened(key)} is not a metadata key: {', '.join(PLAIN_KEYS)}, register:<id> or field:<id>")


def _check_redaction(item: Item) -> None:
    """Whose values were taken away, in which fields of which items by both hashes, which by their digests, and why."""
    _check_members(item, {"record", "reason", *REDACTION_LISTS}, lists=REDACTION_LISTS)
    for member in ("record", "reason", *REDACTION_LISTS):
        if not item.get(member):
            raise Invalid(f"{member}: is needed, and is empty")
    for member, shape in _SHAPES.items():
        for value in item[member]:
            if not shape.fullmatch(value):
                raise Invalid(f"{member}: {shortened(value)} is not a digest as it is written there")
    if len(item["items"]) != len(item["blobs"]):
        raise Invalid("blobs: are as many as items, each the other hash of the same")
    check_reason(str(item["reason"]))


def check_reason(reason: str) -> str:
    """The reason of a redaction, which is published. Raises Invalid for none, or one that cannot be read."""
    if not reason.strip():
        raise Invalid("reason: is needed, and is published, so it names nobody")
    if len(reason) > REASON_LIMIT or _UNSEEN.search(reason):
        raise Invalid(f"reason: is at most {REASON_LIMIT:,} characters that can be seen, on one line")
    return reason.strip()


def _check_field(identifier: str, item: Item) -> None:
    _check_members(item, FIELD_MEMBERS, lists=())
    if check_name(item.get("field")) != identifier:
        raise Invalid(f"field: is {shortened(item['field'])}, but the entry's key is field:{identifier}")
    datatype(str(item.get("datatype", "")))
    if item.get("cardinality") not in ("1", "n"):
        raise Invalid(f"cardinality: is 1 or n, not {shortened(item.get('cardinality'))}")
    if "register" in item:
        check_name(item["register"])


def _check_register(identifier: str, item: Item) -> None:
    _check_members(item, REGISTER_MEMBERS, lists=("fields",))
    if check_name(item.get("register")) != identifier:
        raise Invalid(f"register: is {shortened(item['register'])}, but the entry's key is register:{identifier}")
    fields = _listed(item)
    for name in fields:
        check_name(name)
    if len(set(fields)) != len(fields):
        raise Invalid("fields: a field is listed twice")


def _check_members(item: Item, known: set[str], lists: tuple[str, ...]) -> None:
    for member, value in item.items():
        if member not in known:
            members = ", ".join(sorted(known))
            raise Invalid(f"{shortened(member)} is not a member of this metadata item, whose members are {members}")
        if isinstance(value, list) != (member in lists):
            raise Invalid(f"{member}: is {'a list' if member in lists else 'one value'}")


def with_fields(definition: Definition, added: tuple[Field, ...]) -> Definition:
    """The definition with more fields, after those it has."""
    return replace(definition, fields=definition.fields + added)


def check_growth(old: Definition | None, new: Definition) -> None:
    """Raise Invalid unless `new` only adds to `old`: no field gone, none changed in what it holds."""
    if old is None:
        return
    fields = {field.name: field for field in new.fields}
    for field in old.fields:
        if field.name not in fields:
            raise Invalid(f"the field {field.name} cannot be removed: fields are only ever added")
        if fields[field.name].meaning != field.meaning:
            raise Invalid(f"the field {field.name} cannot change its datatype, cardinality or register")


def from_yaml(document: object, name: str | None = None) -> Definition:
    """The definition that a parsed YAML document spells; `docs/definitions.md` shows one.

    Raises Invalid, naming the member at fault.
    """
    if not isinstance(document, Mapping):
        raise Invalid("a register definition is a mapping with the members register, fields and, if you like, others")
    for member in document:
        if member not in MEMBERS:
            raise Invalid(
                f"{shortened(member)} is not a member of a definition, whose members are {', '.join(sorted(MEMBERS))}"
            )
    fields = document.get("fields")
    if not isinstance(fields, list) or not fields:
        raise Invalid("fields: a definition lists its fields, at least one")
    defined = tuple(field_from(field) for field in fields)
    plain = {member: _yaml_text(document, member) for member in ("title", "text", "custodian", "registry")}
    definition = Definition(
        name=check_name(name or document.get("register")),
        key_field=str(document.get("key-field", defined[0].name)),
        fields=defined,
        phase=_yaml_text(document, "phase") or "beta",
        tier=_yaml_text(document, TIER) or TIERS[0],
        **plain,
        **_stated(lambda member: _yaml_text(document, member)),
    )
    check_definition(definition)
    return definition


def field_from(field: object) -> Field:
    """The field that a mapping spells, or a name alone. Raises Invalid, naming the member at fault."""
    if isinstance(field, str):
        field = {"field": field}
    if not isinstance(field, Mapping) or "field" not in field:
        raise Invalid(f"fields: each is a mapping with the member field, and {shortened(field)} is not")
    _check_members({str(member): str(value) for member, value in field.items()}, FIELD_MEMBERS, lists=())
    members = {str(member): _yaml_text(field, member) for member in field if member != "field"}
    return Field(check_name(field["field"]), **members)


def _yaml_text(mapping: Mapping[str, object], member: str) -> str:
    value = mapping.get(member)
    if isinstance(value, list | dict):
        raise Invalid(f"{member}: is one value, not {type(value).__name__}")
    return "" if value is None else str(value).strip()


def check_definition(definition: Definition) -> None:
    """Raise Invalid unless the definition keeps every rule of the metadata entries it would make."""
    if definition.key_field not in definition.field_names:
        raise Invalid(f"key-field: {shortened(definition.key_field)} is not one of the fields")
    key_field = definition.fields[definition.field_names.index(definition.key_field)]
    if key_field.many:
        raise Invalid(f"key-field: {key_field.name} holds a list, and a key is one value")
    if definition.phase not in PHASES:
        raise Invalid(f"phase: is one of {', '.join(PHASES)}, not {shortened(definition.phase)}")
    check_tier(definition.tier)
    for key, item in definition.entries():
        check_metadata(key, {member: value for member, value in item.items() if value})
