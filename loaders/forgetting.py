"""A report of quality quotes values that are wrong, so it goes when something is taken out of its register.

The next `registers check` makes another.
"""

from __future__ import annotations

from loaders import store as kept
from registers.forgetting import Forgetting
from registers.register import Register
from registers.store.engine import Transaction


def _forget(tx: Transaction, register: Register, since: int) -> None:
    kept.forget_quality(tx.connection, register.id)


REPORTS = Forgetting("reports", (kept.quality.name,), _forget)
