"""What happened to a proposal, and what follows from it. A proposal has no state of its own: its events make it.

    drafted    ─── submitted              its author began it, and sent it when it was finished: another day, perhaps

    submitted ─┬─ approved … published    enough custodians agreed, and the plan was appended in the same act
               ├─ rejected                a custodian did not
               ├─ expired                 its time was over, and the same plan was submitted anew
               ├─ superseded              its author submitted another for the same records, which took its place
               └─ withdrawn               its author took it back

Of a draft there are the events `drafted`, once for each time that it was saved, and they say nothing of what is in it:
what was never submitted can be deleted, and events cannot. A draft that is never submitted makes no proposal. Its last
event is `withdrawn`, `expired`, or `superseded` by the proposal of the same plan, which its author confirmed instead.

In between others may have `confirmed` it, by submitting the same plan; and it may be `changed`, by a plan that takes
the place of the one before and that nobody has approved yet. What is `commented` never changes anything, nor does
`evidence-added`, nor what machines `checked`: the detail of that event is their report.
Pure: nothing here knows the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any

from registers.entry import timestamp_text
from registers.errors import Corrupt

SUBMITTED, CONFIRMED, COMMENTED, APPROVED = "submitted", "confirmed", "commented", "approved"
PUBLISHED, REJECTED, WITHDRAWN, EXPIRED = "published", "rejected", "withdrawn", "expired"
CHECKED, CHANGED, EVIDENCE_ADDED, SUPERSEDED = "checked", "changed", "evidence-added", "superseded"
DRAFTED = "drafted"
SAID = (COMMENTED, CHECKED, EVIDENCE_ADDED)  # what changes nothing, open or not
OPEN, DRAFT = "open", "draft"
ENDS = (PUBLISHED, REJECTED, WITHDRAWN, EXPIRED, SUPERSEDED)  # each is also the name of the state that it leads to
STATES = (OPEN, *ENDS)
KINDS = (DRAFTED, SUBMITTED, CHECKED, CONFIRMED, CHANGED, COMMENTED, EVIDENCE_ADDED, APPROVED, *ENDS)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a proposal. `actor` is an opaque id, `time` UTC seconds, `detail` what was said.

    Numbers are given to the events of all proposals together, from 1, without gaps.
    """

    number: int
    proposal: int
    kind: str
    actor: str
    time: int
    detail: Mapping[str, Any]

    def members(self) -> dict[str, Any]:
        """The event as it is shown, its time as text."""
        shown = {"number": self.number, "kind": self.kind, "actor": self.actor, "time": timestamp_text(self.time)}
        return shown | {"detail": dict(self.detail)}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is proposed, as its submission or its last change says: a plan by its SHA-256 in hexadecimal, and what it
    would do to whom.

    `kind` is one of `policies.KINDS`, `changes` how many records it touches, `definition` how many metadata entries
    come first, `size` how many entries the register had when it was made. `purpose` is one of `purposes.PURPOSES`;
    empty in proposals of before it was asked.
    """

    register: str
    plan: str
    kind: str
    changes: int
    definition: int
    size: int
    source: str
    note: str
    purpose: str = ""

    def detail(self) -> dict[str, Any]:
        """The subject as the detail of the events `submitted` and `changed`."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as its events make it. `ending` is the event that closed it, None while it is open.

    Times are UTC seconds; `begun` is when it was kept as a draft, None for one that was submitted at once.
    """

    number: int
    subject: Subject
    author: str
    submitted: int
    confirmed_by: tuple[str, ...]
    approved_by: tuple[str, ...]
    ending: Event | None
    begun: int | None = None

    @property
    def state(self) -> str:
        """Its state: one of `STATES`."""
        return self.ending.kind if self.ending else OPEN

    def members(self) -> dict[str, Any]:
        """The proposal as it is shown: all but its events, and what depends on how the register is now."""
        said = self.ending.detail if self.ending else {}
        return {
            "number": self.number,
            "state": self.state,
            "register": self.subject.register,
            "kind": self.subject.kind,
            "purpose": self.subject.purpose or None,
            "changes": self.subject.changes,
            "definition-entries": self.subject.definition,
            "made-against": self.subject.size,
            "source": self.subject.source,
            "plan": f"sha-256:{self.subject.plan}",
            "note": self.subject.note,
            "author": self.author,
            "begun": None if self.begun is None else timestamp_text(self.begun),
            "submitted": timestamp_text(self.submitted),
            "confirmed-by": list(self.confirmed_by),
            "approved-by": list(self.approved_by),
            "decided": timestamp_text(self.ending.time) if self.ending else None,
            "reason": said.get("reason"),
            "superseded-by": said.get("by"),
            "revision": said.get("revision"),
            "first-entry": said.get("first-entry"),
            "last-entry": said.get("last-entry"),
        }


def is_draft(events: Sequence[Event]) -> bool:
    """Whether these are the events of a draft that was never submitted."""
    return events[0].kind == DRAFTED and not any(event.kind == SUBMITTED for event in events)


def derive(events: Sequence[Event]) -> Proposal:
    """The proposal that its events make, in their order; those that change nothing may be left out.

    Raises Corrupt for events that cannot have followed each other.
    """
    later = list(dropwhile(lambda event: event.kind == DRAFTED, events))
    if not later or later[0].kind != SUBMITTED:
        raise Corrupt("a proposal begins with its submission, and this one does not")
    first, subject, ending = later[0], later[0].detail, None
    actors: dict[str, list[str]] = {CONFIRMED: [], APPROVED: []}
    for event in later[1:]:
        if event.kind in SAID:
            continue
        if ending or event.kind not in (*ENDS, *actors, CHANGED):
            raise Corrupt(f"event {event.number}, {event.kind}, cannot have happened to proposal {event.proposal} then")
        if event.kind in ENDS:
            ending = event
        elif event.kind == CHANGED:
            subject, actors[APPROVED] = event.detail, []
        else:
            actors[event.kind].append(event.actor)
    return Proposal(
        number=first.proposal,
        subject=Subject(**subject),
        author=first.actor,
        submitted=first.time,
        confirmed_by=tuple(actors[CONFIRMED]),
        approved_by=tuple(dict.fromkeys(actors[APPROVED])),
        ending=ending,
        begun=events[0].time if events[0].kind == DRAFTED else None,
    )
