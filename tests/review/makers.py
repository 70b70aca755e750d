"""Plans to propose, made for the register `country`, and the actors who decide on them."""

from __future__ import annotations

from registers import lifecycle, plan, snapshot
from registers.batch import NEW, Change
from registers.item import normalise
from registers.plan import Header
from registers.store.engine import Store
from review import proposals
from review.events import Proposal
from tests.makers import AUTHORITY, OPERATOR, append, country, definition

ANN, BOB, CAM, DEE = "ann", "bob", "cam", "dee"
ORIGIN = f"{OPERATOR}/country"


def fill(store: Store, tier: str = "ordinary") -> None:
    """A published register of three countries."""
    lifecycle.create(store, definition(tier=tier), AUTHORITY, OPERATOR)
    append(store, country("GB", "United Kingdom"), country("FR", "France"), country("DE", "Germany"))
    lifecycle.publish(store, "country")


def planned(store: Store, *changes: Change, source: str = "a test", name: str = "country") -> bytes:
    """A plan of changes to the register as it is now; each names the item that it replaces."""
    with store.reading() as tx:
        state = snapshot.take(tx, snapshot.find_register(tx, name))
        there = {entry.key: entry.digests["v1"] for entry in state.records_page(0, 1000)}
    told = [change._replace(replaces=there.get(change.key, NEW)) for change in changes]
    header = Header(name, state.register.origin, state.size, "", source)
    return "".join(plan.lines(header, told)).encode()


def founding(name: str = "tree") -> bytes:
    """A plan that makes a register, with one record."""
    made = definition(name, (name, "name"))
    described = tuple(Change(key, normalise(item), replaces=NEW) for key, item in made.entries())
    header = Header(name, source="a test", definition=described)
    return "".join(plan.lines(header, [Change("oak", {name: "oak", "name": "Oak"}, replaces=NEW)])).encode()


def submitted(store: Store, *changes: Change, actor: str = ANN, note: str = "") -> Proposal:
    """A proposal of changes to `country`, which are a change of GB unless they are given."""
    content = planned(store, *(changes or (country("GB", "Britain"), country("IT", "Italy"))))
    return proposals.submit(store, content, actor, note).proposal
