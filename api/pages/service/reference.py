"""The operations of the API, read from its OpenAPI document: what each is asked with, answers and looks like."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A body as an example: its media type and its text."""

    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter, or a member of an answer: its name, what kind of value it has, whether it has to be there."""

    name: str
    place: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What may be answered: the status, what it means, and examples."""

    status: str
    about: str
    examples: list[Example]
    members: list[Member]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, ready to be shown."""

    id: str
    tag: str
    method: str
    path: str
    title: str
    about: str = ""
    parameters: tuple[Member, ...] = ()
    sent: tuple[Example, ...] = ()
    answers: tuple[Answered, ...] = ()
    others: tuple[Answered, ...] = ()
    curl: str = ""


def by_tag(document: Plain) -> dict[str, list[Operation]]:
    """All operations by their tag, without their details, in the order of their paths."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document.get("tags", [])}
    for each, _ in _operations(document):
        found.setdefault(each.tag, []).append(each)
    return {tag: operations for tag, operations in found.items() if operations}


def operation(document: Plain, id: str, base: str) -> Operation | None:
    """The operation with that id, in full; `base` is where the API is. None when there is none."""
    for brief, plain in _operations(document):
        if brief.id == id:
            return _in_full(document, brief, plain, base)
    return None


def _operations(document: Plain) -> Iterator[tuple[Operation, Plain]]:
    for path, item in document["paths"].items():
        for method, plain in item.items():
            if method != "parameters":
                tag = (plain.get("tags") or ["other"])[0]
                id = plain.get("operationId", f"{method}-{path}")
                merged = {**plain, "parameters": [*item.get("parameters", []), *plain.get("parameters", [])]}
                yield Operation(id, tag, method.upper(), path, plain.get("summary", path)), merged


def _in_full(document: Plain, brief: Operation, plain: Plain, base: str) -> Operation:
    parameters = [_resolved(document, each) for each in plain["parameters"]]
    answers = [_answered(document, status, each) for status, each in plain["responses"].items()]
    sent = _examples(_resolved(document, plain.get("requestBody", {})).get("content", {}))
    return Operation(
        brief.id,
        brief.tag,
        brief.method,
        brief.path,
        brief.title,
        plain.get("description", ""),
        tuple(_parameter(each) for each in parameters),
        tuple(sent),
        tuple(each for each in answers if _is_answer(each.status)),
        tuple(each for each in answers if not _is_answer(each.status)),
        _curl(brief, parameters, sent, base),
    )


def _resolved(document: Plain, plain: Plain) -> Plain:
    """What a `$ref` refers to, or what is there itself."""
    reference = plain.get("$ref")
    if not isinstance(reference, str):
        return plain
    found: Plain = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _parameter(plain: Plain) -> Member:
    schema = plain.get("schema", {})
    return Member(
        plain["name"], plain["in"], _kind(schema), bool(plain.get("required")), _sentence(plain.get("description", ""))
    )


def _kind(schema: Plain) -> str:
    """The kind of a value, in words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kinds = schema.get("type", "any value")
    kind = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    least, most, default = schema.get("minimum"), schema.get("maximum"), schema.get("default")
    limits = [f"at least {least}"] if least is not None else []
    limits += [f"at most {most}"] if most is not None else []
    limits += [f"by default {default}"] if default not in (None, "") else []
    return ", ".join([kind, *limits])


def _answered(document: Plain, status: str, plain: Plain) -> Answered:
    found = _resolved(document, plain)
    content = found.get("content", {})
    schema: Plain = next((each.get("schema", {}) for name, each in content.items() if name.endswith("json")), {})
    return Answered(status, _sentence(found.get("description", "")), _examples(content), _members(document, schema))


def _members(document: Plain, schema: Plain) -> list[Member]:
    """The members of the object that a schema is of, or of the objects in its list."""
    found = _resolved(document, schema)
    if found.get("type") == "array":
        found = _resolved(document, found.get("items", {}))
    required = found.get("required", [])
    return [
        Member(name, "", _kind(each), name in required, _sentence(each.get("description", "")))
        for name, each in found.get("properties", {}).items()
    ]


def _is_answer(status: str) -> bool:
    """Whether a status says what was asked for, or where it is, and not what is wrong."""
    return status[0] == "2" or status == "302"


def _examples(content: Plain) -> list[Example]:
    return [Example(name, _text(each["example"])) for name, each in content.items() if "example" in each]


def _text(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _curl(brief: Operation, parameters: list[Plain], sent: list[Example], base: str) -> str:
    """The operation as a line for a shell, with the examples of its parameters."""
    path, asked = brief.path, {}
    for each in parameters:
        example = each.get("example", each.get("schema", {}).get("example"))
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", quote(str(example or each["name"]), safe=":"))
        elif each.get("required") and example is not None:
            asked[each["name"]] = example
    url = base + path + (f"?{urlencode(asked)}" if asked else "")
    words = ["curl", *([] if brief.method == "GET" else ["-X", brief.method, "-H", "Authorization: Bearer YOUR-KEY"])]
    if sent:
        words += ["-H", f"Content-Type: {sent[0].media_type}", "--data-binary", "@FILE"]
    return shlex.join([*words, url])
