"""Making away with what is kept of values that were taken away: plans, reports, files, indexes of places, old pages.

Each is made away with by a follower of the register, and the pages of the database last: what the others take out of
tables stays in these until then. `registers work` runs them all; `registers redact` does at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from bulk.forgetting import OldFiles
from bulk.releases import folder_beside as files_beside
from cli.verbs import Terminal, warn
from geo.areas.following import Areas, folder_beside
from geo.features.following import Features
from loaders.forgetting import REPORTS
from registers.errors import RegistersError
from registers.followers import Follower
from registers.register import Register
from registers.settings import Settings
from registers.store import registers
from registers.store.engine import Store
from registers.wiping import Wiping
from review.forgetting import PLANS


def forgetful(store: Store, settings: Settings) -> Iterator[Follower]:
    """The followers that make away with values, in the order in which they have to."""
    yield from (PLANS, REPORTS)
    yield OldFiles(files_beside(store, settings.bulk_folder))
    yield Wiping(after=(PLANS.name, REPORTS.name), tables=(*PLANS.tables, *REPORTS.tables))


def forget(terminal: Terminal, store: Store, name: str) -> bool:
    """Make away with what was taken out of a register; whether all of it is gone. What goes wrong is said."""
    with store.reading() as tx:
        register = registers.find(tx.connection, name)
    if register is None:
        return False
    places = folder_beside(store, terminal.settings.places_folder)
    every = [*forgetful(store, terminal.settings), Areas(places), Features(places)]
    done = [_follow(store, follower, register) for follower in every]
    return all(done)


def _follow(store: Store, follower: Follower, register: Register) -> bool:
    try:
        follower.catch_up(store, register)
    except RegistersError as error:
        warn(f"{follower.name} cannot follow {register.name}: {error}")
        return False
    return True
