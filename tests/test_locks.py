"""The locks: every package at one version, with hashes, and all that the project asks for."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from tests.source import ROOT

LOCKS = ("requirements-build.txt", "requirements.txt", "requirements-test.txt")
PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)(?: ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pins(name: str) -> dict[str, str]:
    """The version of each package in a lock."""
    found = (PIN.match(line) for line in (ROOT / name).read_text().splitlines())
    return {pin[1]: pin[2] for pin in found if pin}


def asked_for(key: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = {
        "runtime": project["project"]["dependencies"] + project["dependency-groups"]["audit"],
        "test": project["project"]["optional-dependencies"]["test"],
        "build": project["dependency-groups"]["build"],
    }
    return {re.split(r"[^A-Za-z0-9.-]", each)[0].lower() for each in lists[key]}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_with_hashes_and_nothing_else(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if not (PIN.match(line) or HASH.match(line))] == []
    after_pins = [following for line, following in zip(lines, lines[1:], strict=False) if PIN.match(line)]
    assert after_pins and all(HASH.match(line) for line in after_pins)


def test_the_locks_agree() -> None:
    build, runtime, test = (pins(name) for name in LOCKS)
    assert build.items() <= runtime.items() <= test.items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    build, runtime, test = (set(pins(name)) for name in LOCKS)
    assert asked_for("build") <= build
    assert asked_for("runtime") <= runtime
    assert asked_for("test") <= test


def test_the_package_that_cannot_be_built_is_left_out() -> None:
    """merkletools asks for it and does not need it."""
    assert "merkletools" in pins("requirements.txt")
    assert not any("pysha3" in pins(name) for name in LOCKS)


def test_the_packages_of_the_pages_are_pinned_with_hashes_and_no_address() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    asked, tested = package["dependencies"], package["devDependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    own = locked.pop("")
    served = {name: each for name, each in locked.items() if not each.get("dev")}
    assert own["dependencies"] == asked == {name.rpartition("/")[2]: each["version"] for name, each in served.items()}
    assert own["devDependencies"] == tested
    assert {name: locked[f"node_modules/{name}"]["version"] for name in tested} == tested
    assert [name for name, each in locked.items() if not each["integrity"].startswith("sha512-")] == []
    assert [name for name, each in locked.items() if "resolved" in each] == []
