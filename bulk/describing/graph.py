"""A small graph of things and what is said of them (RDF), and its two spellings: JSON-LD and Turtle.

A thing holds the things that it speaks of, so that both spellings come out nested, as people would write them. Names
are `prefix:name`, of `PREFIXES`. Values are strings, which need no library to be escaped right, so there is none here;
that both spellings are one graph is for a library to say, in the tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "freq": "http://purl.org/cld/freq/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_NOT_IN_IRIS = re.compile(r'[\x00-\x20<>"{}|^`\\]')  # Turtle's IRIREF


@dataclass(frozen=True, slots=True)
class Name:
    """A thing of a vocabulary, as `prefix:name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Iri:
    """A thing that is only pointed at."""

    iri: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text, or a value of a datatype that is named as `prefix:name`."""

    text: str
    datatype: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of some kinds, with its IRI if it has one, and what is said of it: properties and their values."""

    kinds: tuple[str, ...]
    said: Sequence[tuple[str, Value]]
    iri: str = ""


Value = Name | Iri | Text | Thing


def json_ld(thing: Thing) -> str:
    """The graph as JSON-LD 1.1."""
    return json.dumps({"@context": PREFIXES, **_object(thing)}, ensure_ascii=False, indent=2) + "\n"


def _object(thing: Thing) -> dict[str, object]:
    members: dict[str, object] = {"@id": escaped(thing.iri)} if thing.iri else {}
    members["@type"] = list(thing.kinds)
    for name, values in _grouped(thing).items():
        members[name] = [_json(value) for value in values] if len(values) > 1 else _json(values[0])
    return members


def _json(value: Value) -> object:
    match value:
        case Thing():
            return _object(value)
        case Name(name):
            return {"@id": name}
        case Iri(iri):
            return {"@id": escaped(iri)}
        case Text(text, datatype):
            return {"@value": text, "@type": datatype} if datatype else text


def turtle(thing: Thing) -> str:
    """The graph as Turtle."""
    lines = [f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()]
    waiting = [thing]
    while waiting:
        each = waiting.pop(0)
        subject = f"<{escaped(each.iri)}>" if each.iri else "[]"
        lines.append(f"\n{subject} {_predicates(each, waiting, 1)} .\n")
    return "".join(lines)


def _predicates(thing: Thing, waiting: list[Thing], depth: int) -> str:
    indent = f" ;\n{'    ' * depth}"
    kinds = f"a {', '.join(thing.kinds)}"
    groups = _grouped(thing).items()
    return indent.join([kinds, *(f"{name} {', '.join(_terms(values, waiting, depth))}" for name, values in groups)])


def _terms(values: Sequence[Value], waiting: list[Thing], depth: int) -> Iterator[str]:
    """Values as Turtle has them; things with an IRI wait to be spelled for themselves."""
    for value in values:
        match value:
            case Thing(iri=""):
                yield f"[ {_predicates(value, waiting, depth + 1)} ]"
            case Thing(iri=iri):
                waiting.append(value)
                yield f"<{escaped(iri)}>"
            case Name(name):
                yield name
            case Iri(iri):
                yield f"<{escaped(iri)}>"
            case Text(text, datatype):
                yield _quoted(text) + (f"^^{datatype}" if datatype else "")


def _quoted(text: str) -> str:
    """A string; JSON's escapes are among Turtle's."""
    return json.dumps(text, ensure_ascii=False)


def _grouped(thing: Thing) -> dict[str, list[Value]]:
    groups: dict[str, list[Value]] = {}
    for name, value in thing.said:
        groups.setdefault(name, []).append(value)
    return groups


def escaped(iri: str) -> str:
    """An IRI without the characters that none may hold, which people write all the same."""
    return _NOT_IN_IRIS.sub(lambda found: f"%{ord(found[0]):02X}", iri)
