"""The last step of every form that suggests: the plan that it made becomes a proposal, if its sender may suggest."""

from __future__ import annotations

from flask import Response

from api import current, paging
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.proposals import proposal_access
from api.pages.proposals.kept import Opened
from api.pages.rendering import see
from people.rates import HOUR
from registers.errors import TooOften
from review import drafts, listing, proposals
from review.drafts import Written

MOST_OPEN = 50  # suggestions that wait, of somebody who has no role on the register
NO_DRAFT = Opened()


def propose(written: Written, draft: Opened = NO_DRAFT) -> Response:
    """Submit a plan, as whoever is signed in suggests it, and see the proposal; `draft` is what it was, if it was one.

    Raises Invalid, Conflict; Forbidden, TooOften as `_admit`; NotFound, Gone for a draft that is no more.
    """
    _admit(written.register)
    store, me, known = current.store(), proposal_access.me(), current.known()
    if draft.number:
        made = drafts.submit(store, draft.number, me, written, known, {draft.last})
    else:
        made = proposals.submit(store, written.content, me, written.note, known, written.purpose)
    here = paging.full_path("pages-proposals.show_proposal", number=str(made.proposal.number))
    return see(f"{here}?done={'confirmed' if made.confirmed else 'suggested'}")


def _admit(name: str) -> None:
    """Count one more suggestion on a register. Raises Forbidden for who is barred, TooOften for too many of late.

    Who has no role on the register may have so many that wait to be decided, too.
    """
    with current.store().reading() as tx:
        may = proposal_access.has_role(tx, proposal_access.READS, name)
        if not may and listing.has_many_open(tx, proposal_access.me(), MOST_OPEN):
            wait = gettext_noop("%(count)s of your suggestions wait to be decided: suggest more when some of them are")
            raise TooOften(gettext(wait, count=MOST_OPEN), HOUR)
    proposal_access.admit_suggestion(name)
