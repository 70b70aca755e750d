"""What the descriptions for catalogues answer, for `openapi.yaml`."""

from __future__ import annotations

from typing import Any

from api.blueprint import Answer
from api.negotiation import JSON, Format
from api.v2 import documents

JSON_LD = Format("jsonld", "application/ld+json", "application/ld+json", JSON.media_type)
TURTLE = Format("ttl", "text/turtle", "text/turtle; charset=utf-8")
_BASE = "https://registers.example.org"
_PREFIXES = {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"}
_DATASET: dict[str, Any] = {
    "@id": f"{_BASE}/v2/registers/country",
    "@type": ["dcat:Dataset"],
    "dct:title": "Country",
    "dct:identifier": "registers.example.org/country",
    "dcat:version": "210",
}
_TURTLE = f"""@prefix dcat: <{_PREFIXES["dcat"]}> .
@prefix dct: <{_PREFIXES["dct"]}> .

<{_BASE}/v2/registers/country> a dcat:Dataset ;
    dct:title "Country" ;
    dct:identifier "registers.example.org/country" ;
    dcat:version "210" .
"""
_CATALOGUE = {
    "@context": _PREFIXES,
    "@id": f"{_BASE}/v2/catalogue",
    "@type": ["dcat:Catalog"],
    "dct:title": "Registers of registers.example.org",
    "dcat:dataset": _DATASET,
}
COMPONENTS: dict[str, Any] = {
    "V2Description": {
        "type": "object",
        "description": "A graph as JSON-LD: DCAT 3 with Dublin Core terms",
        "required": ["@context", "@id", "@type"],
        "properties": {
            "@context": {"type": "object", "additionalProperties": {"type": "string"}},
            "@id": {"type": "string"},
            "@type": {"type": "array", "items": {"type": "string"}},
        },
    }
}
CATALOGUE = Answer("The catalogue", "V2Description", {JSON_LD: _CATALOGUE, TURTLE: _TURTLE})
DATASET = Answer(
    "The dataset",
    "V2Description",
    {JSON_LD: {"@context": _PREFIXES, **_DATASET}, TURTLE: _TURTLE},
    documents.OF_STATE | documents.LINKED,
)
