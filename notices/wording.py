"""What people are told of proposals, in plain words: in a mail, and in their feed.

Pure. A person is told what happened and where to see it. Others are not named, nor are values of records and what
others wrote, but for the reason why a suggestion was rejected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from notices.wishes import COMMENTS, DECISIONS, PROPOSALS
from review import events
from review.events import Event, Proposal

NAMED = 10  # proposals that one mail names
LONGEST_REASON = 2000  # characters


class Told(NamedTuple):
    """What is told, by its `kind` in `wishes.KINDS`: in one line, and more about it, perhaps nothing."""

    kind: str
    title: str
    more: str = ""


_PLAIN: Mapping[str, tuple[str, str, str]] = {
    events.CONFIRMED: (COMMENTS, "Somebody else suggests the same as {it}", ""),
    events.COMMENTED: (COMMENTS, "There is a new comment on {it}", ""),
    events.EVIDENCE_ADDED: (COMMENTS, "There is new evidence for {it}", ""),
    events.SUPERSEDED: (DECISIONS, "{It} has made way for another", "Who made it suggested something else instead."),
    events.APPROVED: (
        DECISIONS,
        "A custodian has approved {it}",
        "It takes the approval of another before it is published.",
    ),
    events.CHANGED: (
        DECISIONS,
        "{It} was brought up to date",
        "The register had changed since it was made. Check that it still says what you mean.",
    ),
    events.WITHDRAWN: (DECISIONS, "{It} was withdrawn", "Who made it took it back."),
    events.EXPIRED: (
        DECISIONS,
        "{It} has expired",
        "Nobody decided on it in time. If it is still right, suggest it again.",
    ),
}


def tell(event: Event, proposal: Proposal, whose: str) -> Told | None:
    """What somebody is told of an event; None for one that nobody is told of. `whose` is what the proposal is to them,
    such as `your suggestion`.
    """
    it = f"{whose} {proposal.number} for {proposal.subject.register}"
    if event.kind == events.PUBLISHED:
        return Told(DECISIONS, f"{_first(it)} is published", _entries(event))
    if event.kind == events.REJECTED:
        return Told(DECISIONS, f"{_first(it)} was rejected", _reason(str(event.detail.get("reason", ""))))
    if event.kind == events.APPROVED and _is_enough(event, proposal):
        return None  # the next event says more
    if event.kind not in _PLAIN:
        return None
    kind, title, more = _PLAIN[event.kind]
    return Told(kind, title.format(it=it, It=_first(it)), more)


def tell_of_new(some: Sequence[Proposal], base_url: str) -> tuple[Told, str]:
    """What who decides is told of new proposals for one register, and the links to them."""
    register, count = some[0].subject.register, len(some)
    title = "There is a new suggestion" if count == 1 else f"There are {count} new suggestions"
    named = [link(base_url, each.number) for each in some[:NAMED]]
    rest = [f"and {count - NAMED} more: {base_url}/queue"] if count > NAMED else []
    return Told(PROPOSALS, f"{title} for {register}", "Somebody has to look at it."), "\n".join([*named, *rest])


def tell_of_own(proposal: Proposal, whose: str) -> Told:
    """What is said of a submission to who made it, or made the same."""
    return Told(DECISIONS, f"{_first(whose)} {proposal.number} for {proposal.subject.register} was made")


def link(base_url: str, number: int) -> str:
    """The URL of a proposal's page."""
    return f"{base_url}/proposals/{number}"


def _is_enough(event: Event, proposal: Proposal) -> bool:
    """Whether an approval was the last one that it took: publication is the next event, of the same act."""
    ending = proposal.ending
    return ending is not None and ending.kind == events.PUBLISHED and ending.number == event.number + 1


def _entries(event: Event) -> str:
    first, last = event.detail.get("first-entry"), event.detail.get("last-entry")
    if first is None:
        return "The register's definition is changed."
    return f"It is entry {first:,}." if first == last else f"It is entries {first:,} to {last:,}."


def _reason(text: str) -> str:
    cut = text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"
    return f"The reason that was given:\n\n{cut}"


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
