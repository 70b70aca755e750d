"""What the processes of the tests need imported: named once, so that they are forked with all of it."""

from __future__ import annotations

import tests.faults.acts
import tests.faults.moments
import tests.faults.writers

__all__ = ["tests"]
