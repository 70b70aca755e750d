"""Drafts: what somebody began to suggest, and keeps until they finish it, throw it away or forget it.

A draft has the number of the proposal that it may become. Nobody but its author sees it: no list, queue, feed or check
has it, and nothing is joined with it. Its events are kept for ever as all are, and therefore say only that it was
saved; what it holds is apart and goes wholly with it. It is a plan, or what was typed into a form, with faults and all:
a draft is held against nothing before it is submitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any, NamedTuple, NoReturn

from registers import plan
from registers.entry import timestamp_text
from registers.errors import Conflict, Gone, NotFound, TooLarge
from registers.store import registers
from registers.store.engine import Store, Transaction
from review import events, policies, proposals, store
from review.events import DRAFTED, EXPIRED, SUPERSEDED, WITHDRAWN, Event, Proposal, Subject
from review.looking import NOTHING, Known
from review.proposals import Seen, Submitted
from review.standing import DAY

MOST = 50  # drafts of one author
LARGEST, LARGEST_OF_ALL = 16 * 1024 * 1024, 64 * 1024 * 1024  # bytes, of one draft and of all of one author
KEPT = 90  # days since it was saved last
AT_ONCE = 100  # drafts that expire in one act
PERSONAL = (store.proposal_draft.name,)


class Written(NamedTuple):
    """What a draft holds: what it is of, and its content, with what goes with a plan.

    `register` is a name; `key` that of the record it is of, if it is of one that is there. `form` is what the content
    was typed into, a word of whoever shows it; empty when it is a plan.
    """

    register: str
    content: bytes
    key: str = ""
    form: str = ""
    note: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft. Times are UTC seconds; `last` is the number of its last event, which tells that it was saved again."""

    number: int
    author: str
    written: Written
    begun: int
    saved: int
    last: int

    @property
    def ends(self) -> int:
        """From when it is kept no more."""
        return self.saved + KEPT * DAY


def begin(into: Store, actor: str, written: Written) -> Draft:
    """Keep something as a draft. Raises Invalid, TooLarge; Conflict for one more than an author may have."""
    held = _checked(written)
    with into.writing() as tx:
        store.lock(tx.connection)
        _check_room(tx, actor, len(held.content))
        now = tx.clock()
        number = store.add_draft(tx.connection, author=actor, **held._asdict(), begun=now, saved=now)
        proposals.record(tx, number, DRAFTED, actor)
        # If we crash here, nothing is durable. COMMIT, next, makes the draft and its event so at once.
        return find(tx, number, actor)


def save(of: Store, number: int, actor: str, written: Written, seen: Seen = None) -> Draft:
    """Keep something else as a draft that is there. Raises as `begin` and `find`; Overtaken when it was saved since."""
    held = _checked(written)
    with of.writing() as tx:
        _claim(tx, number, actor, seen)
        _check_room(tx, actor, len(held.content), but=number)
        store.change_draft(tx.connection, number, **held._asdict(), saved=tx.clock())
        proposals.record(tx, number, DRAFTED, actor)
        return find(tx, number, actor)


def submit(
    of: Store, number: int, actor: str, written: Written | None = None, known: Known = NOTHING, seen: Seen = None
) -> Submitted:
    """Submit a draft as it was saved, or a plan in its place: a proposal like all others from then on.

    Its number is the draft's. When a proposal of the same plan is open, that is confirmed, and there is no draft any
    more. Raises as `proposals.submit` and `find`, and Overtaken when it was saved since; then the draft stays.
    """
    with of.reading() as tx:
        draft = find(tx, number, actor)
        proposals.check_seen(tx, number, seen)
    given = written or draft.written
    if given.form:
        raise Conflict(f"draft {number} was typed into a form, and is submitted there")
    made = proposals.prepare(of, given.content, actor, given.note, known, given.purpose)
    with of.writing() as tx:
        _claim(tx, number, actor, (draft.last,))  # what is submitted is what it was
        # If we crash here, the draft is as it was. COMMIT, next, makes it a proposal; to submit again is told so.
        return proposals.put(tx, made, number)


def throw_away(of: Store, number: int, actor: str, seen: Seen = None) -> None:
    """Delete what a draft holds. Raises as `find`, and Overtaken when it was saved since."""
    with of.writing() as tx:
        _claim(tx, number, actor, seen)
        _remove(tx, number, actor, WITHDRAWN)


def forget(of: Store, actor: str) -> int:
    """Delete all that somebody's drafts hold, as they are forgotten; how many there were."""
    with of.writing() as tx:
        store.lock(tx.connection)
        found = store.drafts_of(tx.connection, actor)
        for row in found:
            _remove(tx, row.number, actor, WITHDRAWN)
        return len(found)


def expire(of: Store) -> int:
    """Delete what drafts hold that nobody has saved for so long, some of them at once; how many there were."""
    with of.reading() as tx:
        if not store.drafts_before(tx.connection, tx.clock() - KEPT * DAY, 1):
            return 0
    with of.writing() as tx:
        store.lock(tx.connection)
        found = store.drafts_before(tx.connection, tx.clock() - KEPT * DAY, AT_ONCE)
        for number, author in found:
            _remove(tx, number, author, EXPIRED)
        return len(found)


def _remove(tx: Transaction, number: int, actor: str, kind: str) -> None:
    proposals.record(tx, number, kind, actor)
    store.remove_draft(tx.connection, number)


def _claim(tx: Transaction, number: int, actor: str, seen: Seen) -> Draft:
    """A part: the draft, if it is still as it was seen, once those before us are done."""
    store.lock(tx.connection)
    draft = find(tx, number, actor)
    proposals.check_seen(tx, number, seen)
    return draft


# Reading


def find(tx: Transaction, number: int, actor: str) -> Draft:
    """A draft of an author.

    Raises NotFound for what is none of theirs, as if it were not there; of theirs, Conflict for one that was submitted
    and Gone for one that is no more.
    """
    row = store.find_draft(tx.connection, number)
    if row is None or row.author != actor:
        _say_why_none(number, proposals.events_of(tx, number), actor)
    written = Written(**{name: getattr(row, name) for name in Written._fields})
    return Draft(number, actor, written, row.begun, row.saved, proposals.last_event(tx, number))


def _say_why_none(number: int, happened: list[Event], actor: str) -> NoReturn:
    if not happened or (happened[0].kind, happened[0].actor) != (DRAFTED, actor):
        raise NotFound(f"there is no proposal {number}")
    if not events.is_draft(happened):
        raise Conflict(f"draft {number} is submitted already, and is a proposal now")
    last = happened[-1]
    if last.kind == SUPERSEDED:
        raise Gone(f"draft {number} asked for the same as proposal {last.detail['by']}, and has confirmed that")
    why = f"nobody saved it for {KEPT} days" if last.kind == EXPIRED else "you threw it away"
    raise Gone(f"draft {number} is no more: {why}")


def page(tx: Transaction, actor: str) -> list[Draft]:
    """All drafts of an author, the latest begun first, without their content."""
    rows = store.drafts_of(tx.connection, actor)
    return [
        Draft(
            row.number,
            actor,
            Written(row.register, b"", row.key, row.form, row.note, row.purpose),
            row.begun,
            row.saved,
            proposals.last_event(tx, row.number),
        )
        for row in rows
    ]


def of_record(tx: Transaction, actor: str, name: str, key: str, form: str) -> Draft | None:
    """The latest draft of an author of a record, without its content; by any name that the register has or had."""
    register = registers.find_by_any_name(tx.connection, name)
    names = (register.name, *registers.former_names(tx.connection, register.id)) if register else (name,)
    wanted = [each for each in page(tx, actor) if (each.written.key, each.written.form) == (key, form)]
    return next((each for each in wanted if each.written.register in names), None)


def proposal_of(draft: Draft) -> Proposal:
    """What a draft that is a plan would be, were it submitted as it is."""
    header, changes = plan.read(BytesIO(draft.written.content))
    subject = Subject(
        register=draft.written.register,
        plan=plan.digest_of(draft.written.content),
        kind=policies.kind_of(header),
        changes=sum(1 for _ in changes),
        definition=len(header.definition),
        size=header.entries,
        source=header.source,
        note=draft.written.note,
        purpose=draft.written.purpose,
    )
    return Proposal(draft.number, subject, draft.author, draft.saved, (), (), None, draft.begun)


def members(draft: Draft) -> dict[str, Any]:
    """A draft that is a plan as it is shown: as a proposal, but for what only those have that were submitted."""
    return proposal_of(draft).members() | {
        "state": events.DRAFT,
        "submitted": None,
        "expires": timestamp_text(draft.ends),
    }


def why_stale(of: Store, draft: Draft) -> str:
    """Why a draft that is a plan could not be submitted as it is: records have moved on, or values were taken away."""
    return proposals.why_moved(of, draft.written.content)


# What may be kept


def _checked(written: Written) -> Written:
    """What is kept of it. Raises TooLarge, and Invalid for a plan that is none, or a note that nobody could read."""
    if len(written.content) > LARGEST:
        raise TooLarge(f"a draft is at most {LARGEST // 2**20} MB: submit this at once, or make it smaller")
    note = proposals.check_text("note", written.note)
    if not written.form:
        header, changes = plan.read(BytesIO(written.content))
        for _ in changes:  # which reads it to its end
            pass
        written = written._replace(register=header.register)
    return written._replace(note=note)


def _check_room(tx: Transaction, actor: str, length: int, but: int = 0) -> None:
    """Raise Conflict for more drafts, or more in them, than one author may have."""
    others = [row for row in store.drafts_of(tx.connection, actor) if row.number != but]
    if len(others) >= MOST:
        raise Conflict(f"you have {MOST} drafts, the most that one may have: submit some, or throw some away")
    if sum(row.length for row in others) + length > LARGEST_OF_ALL:
        most = LARGEST_OF_ALL // 2**20
        raise Conflict(f"your drafts would hold more than {most} MB: submit some, or throw some away")
