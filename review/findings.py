"""What automatic checks found in a plan: how many findings in all, and the first of each kind.

The report is kept with the proposal for ever, beside a log out of which a value may be taken one day. So a finding
names a record by its key and a field by its name, and repeats no value. A `fault` breaks a rule, and would be refused
when the plan is appended, or is wrong whatever else is true; a `note` may be right, and somebody should have looked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FAULT, NOTE = "fault", "note"
SEVERITIES = (FAULT, NOTE)
OUTCOMES = ("added", "changed", "ended")  # as a difference has them
KEPT = 25  # findings of one check and severity; all are counted


class Finding(NamedTuple):
    """One thing that a check found, as a sentence about a field of a record; of the whole record with no field."""

    check: str
    severity: str
    key: str
    field: str
    sentence: str


@dataclass(slots=True)
class Report:
    """What came out: how many changes were looked at, what they do, what each check found, and what was left out."""

    looked_at: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)  # how many records are added, changed, ended
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)

    def add(self, found: Iterable[Finding]) -> None:
        """Count findings, and keep the first."""
        for each in found:
            counter = self.counts.setdefault(each.check, Counter())
            counter[each.severity] += 1
            if counter[each.severity] <= KEPT:
                self.findings.append(each)

    def total(self, severity: str) -> int:
        """How many findings there are of a severity."""
        return sum(counter[severity] for counter in self.counts.values())

    def members(self) -> dict[str, Any]:
        """The report as JSON has it, the faults first."""
        counts = [
            {"check": check, "faults": counter[FAULT], "notes": counter[NOTE]} for check, counter in self.counts.items()
        ]
        return {
            "looked-at": self.looked_at,
            **{outcome: self.outcomes[outcome] for outcome in OUTCOMES},
            "faults": self.total(FAULT),
            "notes": self.total(NOTE),
            "counts": counts,
            "findings": [each._asdict() for each in sorted(self.findings, key=lambda each: each.severity)],
            "limits": self.limits,
        }
