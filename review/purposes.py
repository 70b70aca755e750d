"""Why a change is proposed: because the world changed, or because the register was wrong.

A plan says what becomes of each record, not why: a new name is the same bytes whether a country took it or a clerk
mistyped the old one. So whoever proposes says which; what they may say depends on what the plan does. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from registers.entry import shortened
from registers.errors import Invalid
from review import policies
from review.events import Subject
from review.findings import OUTCOMES

ADD, CHANGE, CORRECT, END, RETRACT, REDACT = "add", "change", "correct", "end", "retract", "redact"
MEANINGS: Mapping[str, str] = {
    ADD: "something is new, in the world or here",
    CHANGE: "it is new in the world",
    CORRECT: "the register was wrong",
    END: "it has ended in the world",
    RETRACT: "it should never have been in the register",
    REDACT: "values are taken away for good",
}
PURPOSES = tuple(MEANINGS)
ADDED, CHANGED, ENDED = OUTCOMES
_BY_OUTCOME: Mapping[str, tuple[str, ...]] = {
    ADDED: (ADD, CORRECT),
    CHANGED: (CHANGE, CORRECT),
    ENDED: (END, RETRACT, CORRECT),
}


def choose(given: str, kind: str, outcomes: Mapping[str, int]) -> str:
    """The purpose of a plan: the one given, or the plainest of those that fit.

    `kind` is one of `policies.KINDS`, `outcomes` how many records are added, changed and ended. Raises Invalid for what
    is no purpose, or does not fit what the plan does.
    """
    if given and given not in PURPOSES:
        raise Invalid(f"purpose: is one of {', '.join(PURPOSES)}, not {shortened(given)}")
    fitting = _fitting(kind, outcomes)
    if given and given not in fitting:
        raise Invalid(f"purpose: this plan is {' or '.join(fitting)}, by what it does, and not {given}")
    return given or fitting[0]


def keep(subject: Subject, outcomes: Mapping[str, int]) -> str:
    """The purpose that a proposal has, if it still fits what its plan does; else the plainest that does."""
    fitting = _fitting(subject.kind, outcomes)
    return subject.purpose if subject.purpose in fitting else fitting[0]


def _fitting(kind: str, outcomes: Mapping[str, int]) -> tuple[str, ...]:
    """The purposes that a plan may have, the plainest first: of one that does several things, those of a change."""
    if kind == policies.REDACTION:
        return (REDACT,)
    if kind == policies.REGISTER:
        return (ADD,)
    done = [outcome for outcome, count in outcomes.items() if count]
    return _BY_OUTCOME[done[0] if len(done) == 1 and kind == policies.RECORDS else CHANGED]
