"""What somebody suggests that a register should say of itself, as a plan: other words, another custodian, more fields.

Two who suggest the same suggest the same plan, as with records. It names the metadata items that it replaces, and so is
made against no number of entries: what is written to the records meanwhile makes no difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from registers import plan, restating, snapshot
from registers.batch import NEW, Change
from registers.definition import Field, from_metadata
from registers.entry import Item, Region
from registers.errors import Invalid
from registers.item import normalise
from registers.plan import Header
from registers.register import Register
from registers.store import registers
from registers.store.engine import Store, Transaction
from review import differing, proposals
from review.events import Proposal
from review.suggesting import SOURCE


def plan_of(
    tx: Transaction, register: Register, members: Mapping[str, str], fields: Sequence[Field] = ()
) -> tuple[bytes, Sequence[Change]]:
    """The plan that gives a register these members and fields, as `restating` has them; and the entries in it.

    Raises Invalid, naming it, for a member that cannot be changed, or not to that.
    """
    items, digests = snapshot.metadata_items(tx, register.id), snapshot.metadata_digests(tx, register.id)
    definition = from_metadata(register.name, register.key_field, items, register.tier)
    if definition is None:
        raise Invalid(f"the register {register.name} has no definition yet")
    said = restating.entries(definition, items, members, fields)
    changes = [Change(key, item, place=key, replaces=digests.get(key, NEW)) for key, item in said]
    header = Header(register.name, register.origin, source=SOURCE, definition=tuple(changes))
    return "".join(plan.lines(header, [])).encode(), changes


def changes_of(of: Store, proposal: Proposal) -> list[tuple[str, Item, Item]]:
    """What a proposal's metadata entries say, each held against the item that it replaces: its key, before and after.

    The same for ever, as with records: what is replaced is kept by the log.
    """
    with of.reading() as tx:
        header = proposals.header_of(proposals.plan_of(tx, proposal, whole=False))
        register = registers.find_by_any_name(tx.connection, header.register)
        is_there = register is not None and header.origin == register.origin
        before = differing.replaced(tx, register, header.definition, Region.METADATA) if register and is_there else {}
    return [(each.key, before.get(each.key, {}), normalise(each.item)) for each in header.definition]
