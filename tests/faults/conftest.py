"""The stage on which acts are tried, on each engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.stage import Stage


@pytest.fixture
def stage(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Stage:
    """A stage on each engine."""
    folder = tmp_path / "template"
    folder.mkdir()
    if database_url.startswith("sqlite"):
        return Stage(folder, f"sqlite:///{folder / 'registers.db'}", None)
    return Stage(folder, database_url, request.getfixturevalue("postgresql"))
