"""Any acts in any order, by anybody, held against a model that is as simple as can be."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from registers import lifecycle
from registers.errors import Conflict, Forbidden, Moved, RegistersError
from registers.store.engine import Store
from review import decisions, proposals
from review.decisions import Actor
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, FixedClock, append, country, head_of, revisions_of
from tests.review.makers import fill, planned

ACTORS = st.sampled_from(["ann", "bob", "cam"])
KEYS = st.sampled_from(["GB", "FR", "IT"])


@dataclass
class Modelled:
    """A proposal as the model knows it: which version of which record it was planned against."""

    author: str
    key: str
    version: int
    name: str  # that the record had when it was planned
    wanted: str
    confirmed: list[str] = field(default_factory=list)
    approved: list[str] = field(default_factory=list)
    state: str = "open"


class Review(RuleBasedStateMachine):
    """Submits, decides and appends at random, to a store and to the model."""

    tier = "ordinary"
    template: Path
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copyfile(self.template, self.folder / "registers.db")
        self.store: Store = CheckedStore(f"sqlite:///{self.folder / 'registers.db'}", FixedClock())
        fill(self.store, self.tier)
        self.versions = dict.fromkeys(("GB", "FR", "IT"), 0)
        self.names = {"GB": "United Kingdom", "FR": "France", "IT": ""}
        self.dates: dict[str, str | None] = dict.fromkeys(self.names)
        self.model: dict[int, Modelled] = {}
        self.plans: dict[int, bytes] = {}
        self.events = 0
        self.counter = 0
        self.entries = 3

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(target=made, actor=ACTORS, key=KEYS)
    def submit(self, actor: str, key: str) -> int:
        self.counter += 1
        content = planned(self.store, country(key, f"name {self.counter}", start_date=self.dates[key]))
        submitted = proposals.submit(self.store, content, actor)
        number = submitted.proposal.number
        assert (submitted.confirmed, number) == (False, len(self.model) + 1)
        self._supersede(actor, key)
        self.model[number] = Modelled(actor, key, self.versions[key], self.names[key], f"name {self.counter}")
        self.plans[number] = content
        self.events += 2  # it is checked too
        return number

    def _supersede(self, actor: str, key: str) -> None:
        """What an actor wants of a record takes the place of what they wanted of it before, if that is theirs alone."""
        for each in self.model.values():
            if (each.state, each.author, each.key, each.confirmed) == ("open", actor, key, []):
                each.state = "superseded"
                self.events += 1

    @rule(number=made, actor=ACTORS)
    def submit_again(self, number: int, actor: str) -> None:
        model = self.model[number]
        expected: type[RegistersError] | None = None
        if model.version != self.versions[model.key]:
            expected = Moved
        elif actor in (model.author, *model.confirmed):
            expected = Conflict
        if model.state == "open" and self.told(
            expected, lambda: proposals.submit(self.store, self.plans[number], actor)
        ):
            model.confirmed.append(actor)
            self.events += 1
            self._supersede(actor, model.key)

    @rule(number=made, actor=ACTORS)
    def approve(self, number: int, actor: str) -> None:
        model = self.model[number]
        expected: type[RegistersError] | None = None
        if model.state != "open":
            expected = Conflict
        elif actor == model.author:
            expected = Forbidden
        elif actor in model.approved and len(model.approved) < self.approvals:
            expected = Conflict
        elif model.version != self.versions[model.key]:
            expected = Moved
        if not self.told(expected, lambda: decisions.approve(self.store, number, actor, OPERATOR)):
            return
        model.approved += [actor] if actor not in model.approved else []
        self.events += 1
        if len(model.approved) >= self.approvals:
            model.state = "published"
            self.versions[model.key] += 1
            self.names[model.key] = model.wanted
            self.entries += 1
            self.events += 1

    @rule(number=made, actor=ACTORS)
    def reject(self, number: int, actor: str) -> None:
        model = self.model[number]
        expected = Conflict if model.state != "open" else Forbidden if actor == model.author else None
        if self.told(expected, lambda: decisions.reject(self.store, number, actor, "no")):
            model.state = "rejected"
            self.events += 1

    @rule(number=made, actor=ACTORS)
    def withdraw(self, number: int, actor: str) -> None:
        model = self.model[number]
        expected = Conflict if model.state != "open" else Forbidden if actor != model.author else None
        if self.told(expected, lambda: decisions.withdraw(self.store, number, actor)):
            model.state = "withdrawn"
            self.events += 1

    @rule(number=made, actor=ACTORS)
    def comment(self, number: int, actor: str) -> None:
        decisions.comment(self.store, number, actor, "well")
        self.events += 1

    @property
    def approvals(self) -> int:
        """How many a proposal takes, by the tier that the register has now."""
        return 2 if self.tier == "critical" else 1

    @rule(tier=st.sampled_from(["ordinary", "critical"]))
    def say_another_tier(self, tier: str) -> None:
        assert (lifecycle.describe(self.store, "country", {"tier": tier}, AUTHORITY) is None) == (tier == self.tier)
        self.tier = tier

    @rule(key=KEYS)
    def append_directly(self, key: str) -> None:
        self.counter += 1
        self.names[key] = f"name {self.counter}"
        self._append(key)

    @rule(key=KEYS)
    def append_another_field(self, key: str) -> None:
        self.counter += 1
        if self.names[key]:
            self.dates[key] = f"{1000 + self.counter}"
            self._append(key)

    def _append(self, key: str) -> None:
        append(self.store, country(key, self.names[key], start_date=self.dates[key]))
        self.versions[key] += 1
        self.entries += 1

    @rule(number=made, actor=ACTORS, is_custodian=st.booleans())
    def rebase(self, number: int, actor: str, is_custodian: bool) -> None:
        model = self.model[number]
        expected: type[RegistersError] | None = None
        if model.state != "open":
            expected = Conflict
        elif not is_custodian and actor != model.author:
            expected = Forbidden
        elif model.version == self.versions[model.key] or self.names[model.key] != model.name:
            expected = Conflict  # it is not stale, or both gave a name
        if self.told(expected, lambda: decisions.rebase(self.store, number, Actor(actor, is_custodian))):
            model.version, model.approved = self.versions[model.key], []
            with self.store.reading() as tx:
                self.plans[number] = proposals.plan_of(tx, proposals.find(tx, number))
            self.events += 2

    def told(self, expected: type[RegistersError] | None, act: Callable[[], object]) -> bool:
        """Do an act, which is refused with just that kind of error or not at all; whether it was done."""
        if expected is None:
            act()
            return True
        with pytest.raises(expected) as refused:
            act()
        assert type(refused.value) is expected
        return False

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        with self.store.reading() as tx:
            found = proposals.page(tx, 0, 1000, is_open=False)
            waiting = [each.number for each in proposals.page(tx, 0, 1000)]
            numbers = list(tx.connection.exec_driver_sql("SELECT number FROM proposal_event ORDER BY 1").scalars())
        assert {each.number: (each.state, each.author) for each in found} == {
            number: (model.state, model.author) for number, model in self.model.items()
        }
        assert [list(each.approved_by) for each in found] == [model.approved for model in self.model.values()]
        assert [list(each.confirmed_by) for each in found] == [model.confirmed for model in self.model.values()]
        assert waiting == [number for number, model in self.model.items() if model.state == "open"]
        assert numbers == list(range(1, self.events + 1))
        assert head_of(self.store).entries == self.entries

    @invariant()
    def the_log_and_the_proposals_name_each_other(self) -> None:
        with self.store.reading() as tx:
            found = proposals.page(tx, 0, 1000, is_open=False)
        sources = {made.number: made.source for made in revisions_of(self.store) if " proposal " in made.source}
        shown = [each.members() for each in found if each.state == "published"]
        assert {each["revision"] for each in shown} == set(sources)
        for each in shown:
            assert sources[each["revision"]].endswith(f" proposal {each['number']}")

    @invariant()
    def what_has_moved_on_is_shown_as_stale(self) -> None:
        for number, model in self.model.items():
            with self.store.reading() as tx:
                proposal = proposals.find(tx, number)
            is_stale = model.state == "open" and model.version != self.versions[model.key]
            assert bool(proposals.why_stale(self.store, proposal)) == is_stale


class CriticalReview(Review):
    """The same for a register that takes two approvals at first."""

    tier = "critical"


@pytest.mark.hypothesis
@pytest.mark.parametrize("machine", [Review, CriticalReview])
def test_whatever_happens_is_as_the_model_says(machine: type[Review], sqlite_template: Path) -> None:
    machine.template = sqlite_template
    run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=25, deadline=None))
