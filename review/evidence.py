"""Evidence: what shows that a proposal is right, added after it was submitted, by its author or by anyone who reads it.

It is text, an address where it can be looked up, or both. It changes nothing, as a comment does not, and is kept apart
from what people say to each other because it is what those who decide look for. Files are not taken: what is looked up
where it was published can be checked, and a copy here could not.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from registers.entry import shortened
from registers.errors import Conflict, Invalid
from registers.store.engine import Store
from review import events, proposals, store
from review.events import Proposal
from review.proposals import Seen

LONGEST_URL = 2000  # characters


class Evidence(NamedTuple):
    """What shows that something is so: in words, and where it can be looked up. One of the two may be empty."""

    text: str = ""
    url: str = ""


def add(of: Store, number: int, actor: str, evidence: Evidence, seen: Seen = None) -> Proposal:
    """Add evidence to an open proposal; it changes no state. Raises NotFound, Invalid; Conflict for one decided."""
    url = check_url(evidence.url)
    said = proposals.check_text("text", evidence.text, required=not url)
    with of.writing() as tx:
        store.lock(tx.connection)
        proposal = proposals.find(tx, number)
        proposals.check_seen(tx, number, seen)
        if proposal.ending:
            raise Conflict(f"proposal {number} has been decided already: it is {proposal.state}; you may comment on it")
        proposals.record(tx, number, events.EVIDENCE_ADDED, actor, text=said, url=url)
        return proposal


def check_url(url: str) -> str:
    """The address as it is kept. Raises Invalid unless it is one of the web, or empty."""
    kept = url.strip()
    if not kept:
        return ""
    if len(kept) > LONGEST_URL:
        raise Invalid(f"url: is an address of at most {LONGEST_URL:,} characters")
    try:
        parts = urlsplit(kept)
        is_of_the_web = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_of_the_web = False
    if not is_of_the_web or not kept.isprintable() or " " in kept:
        raise Invalid(f"url: {shortened(kept)} is no address that begins with https:// or http:// and a host")
    return kept
