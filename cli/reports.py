"""What automatic checks found, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registers.entry import shortened


def sentence(report: Mapping[str, Any]) -> str:
    """How much was looked at and found, in a line."""
    faults, notes = report["faults"], report["notes"]
    found = f"{faults:,} fault{'s' if faults != 1 else ''}, {notes:,} note{'s' if notes != 1 else ''}"
    return f"{report['looked-at']:,} looked at: {found}"


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report: how much was found, the findings, and what was left out."""
    yield f"checks: {sentence(report)}"
    for each in report["findings"]:
        yield f"  {each['severity']} {shortened(each['key'])}: {each['sentence']}"
    if left := report["faults"] + report["notes"] - len(report["findings"]):
        yield f"  and {left:,} more"
    yield from (f"  {limit}" for limit in report["limits"])
