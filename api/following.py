"""After a small change, what follows its register is caught up before the answer, so that it can be asked at once.

What is far behind is left to `registers work`, and so is what cannot be done now: the change itself is durable by then.
"""

from __future__ import annotations

import logging

from api import current
from registers import followers, snapshot
from registers.errors import RegistersError

MOST = 1000  # entries that are followed before an answer
_log = logging.getLogger("registers.api")


def follow(name: str) -> None:
    """Catch the followers of a published register up, those that are at most `MOST` entries behind."""
    store = current.store()
    try:
        with store.reading() as tx:
            register = snapshot.find_register(tx, name)
            size = snapshot.read_head(tx, register).entries
            near = [each for each in followers.FOLLOWERS if size - each.position(tx, register.id) <= MOST]
        if register.status == "published":
            followers.catch_up(store, near, register)
    except RegistersError as error:
        _log.warning("%s was written, and what follows it was not caught up: %s", name, error)
