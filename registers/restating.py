"""What has to be said for a register to say something else of itself: the metadata entries, as key and item.

Only what differs is said. The member `text` and the list of fields are in one item, `register:<name>`, so however much
changes, that is said once. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from registers import definition as definitions
from registers.definition import PHASES, REGISTER_MEMBERS, TIER, Definition, Field
from registers.entry import Item, shortened
from registers.errors import Invalid
from registers.register import TIERS, check_tier

Metadata = Mapping[str, Item]  # the metadata items in force, by key, in the order of their entries
# What a register says of itself: in metadata entries of their own, by key, and in the item of `register:<id>`.
PLAIN_KEY_OF = {
    "title": "register-name",
    "custodian": "custodian",
    TIER: TIER,
    **{key: key for key in definitions.STATED},
}
OWN_MEMBERS = ("text", "registry", "phase")
MEMBERS = (*PLAIN_KEY_OF, *OWN_MEMBERS)


def entries(
    definition: Definition, metadata: Metadata, members: Mapping[str, str], fields: Sequence[Field] = ()
) -> list[tuple[str, Item]]:
    """The metadata entries that give a register these members and fields; none when it has them all.

    A field that it has is given another meaning, a field that it has not comes after those it has. Raises Invalid for a
    member that is not one of `MEMBERS`, or may not be emptied.
    """
    check_members(members)
    differing = {member: text for member, text in members.items() if definition.said(member) != text}
    plain = [(PLAIN_KEY_OF[member], text) for member, text in differing.items() if member in PLAIN_KEY_OF]
    said: list[tuple[str, Item]] = [(key, {key: text}) for key, text in plain]
    said += [(f"field:{field.name}", {**field.item()}) for field in fields if field not in definition.fields]
    own: dict[str, str | list[str]] = {member: text for member, text in differing.items() if member not in PLAIN_KEY_OF}
    if added := [field.name for field in fields if field.name not in definition.field_names]:
        own["fields"] = [*definition.field_names, *added]
    return said + ([_register_item(definition, metadata, own)] if own else [])


def check_members(members: Mapping[str, str]) -> None:
    """Raise Invalid, naming it, for a member that cannot be changed, or not to that."""
    for member, text in members.items():
        if member not in MEMBERS:
            raise Invalid(f"{shortened(member)} cannot be changed; what can be is {', '.join(sorted(MEMBERS))}")
        if member in PLAIN_KEY_OF and not text:
            raise Invalid(f"{member}: may be changed, and not emptied")
    if members.get("phase", PHASES[0]) not in PHASES:
        raise Invalid(f"phase: is one of {', '.join(PHASES)}, not {shortened(members['phase'])}")
    check_tier(members.get(TIER, TIERS[0]))


def _register_item(definition: Definition, metadata: Metadata, changed: Item) -> tuple[str, Item]:
    """The register's own metadata entry, under the name it has now, with some members changed."""
    latest = [item for key, item in metadata.items() if key.startswith("register:")][-1]
    kept = {member: value for member, value in latest.items() if member in REGISTER_MEMBERS}
    return f"register:{definition.name}", {**kept, "register": definition.name, **changed}
