"""`openapi.yaml` is what the application says of itself, is valid, and its examples fit their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from api import openapi
from tests.source import ROOT

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text())


def test_the_committed_file_is_fresh() -> None:
    assert openapi.text() == (ROOT / "openapi.yaml").read_text(), "run make openapi"


def test_the_file_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    validate(DOCUMENT)


def test_it_has_a_title_and_a_licence() -> None:
    assert DOCUMENT["info"]["title"] == "Registers"
    assert DOCUMENT["info"]["license"]["identifier"] == "MIT"


def examples() -> Iterator[tuple[str, Any, Any]]:
    operations = [
        (f"{method} {path}", operation)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    shown = [
        (f"{where} {status}", response)
        for where, operation in operations
        for status, response in operation["responses"].items()
        if "content" in response
    ]
    shown += [(where, operation["requestBody"]) for where, operation in operations if "requestBody" in operation]
    shown += list(DOCUMENT["components"]["responses"].items())
    for where, response in shown:
        for media_type, content in response["content"].items():
            if media_type.endswith("json") and "example" in content:
                yield where, content["schema"], content["example"]


@pytest.mark.parametrize(("schema", "example"), [pytest.param(s, e, id=where) for where, s, e in examples()])
def test_every_example_fits_its_schema(schema: dict[str, Any], example: Any) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(example)


def test_there_are_examples_to_check() -> None:
    assert len(list(examples())) >= 18


def test_numbers_have_limits() -> None:
    found = DOCUMENT["paths"]["/v1/registers/{register}/records"]["get"]["parameters"]
    assert {each["name"]: (each["schema"]["minimum"], each["schema"].get("maximum")) for each in found} == {
        "page-index": (1, None),
        "page-size": (1, 5000),
    }


def test_the_command_writes_the_file(tmp_path: Path) -> None:
    assert openapi.main([str(tmp_path / "out.yaml")]) == 0
    assert yaml.safe_load((tmp_path / "out.yaml").read_text()) == DOCUMENT
    assert openapi.main([]) == 2
