"""Registers as DCAT 3: a catalogue, a dataset a register, a distribution a file, and the API as a data service.

The properties are those of DCAT 3 (W3C, 2024) that the UK Cross-Government Metadata Exchange Model names: title,
description, identifier, version, issued, modified, publisher, creator, contact, licence, access rights, update
frequency (a term of the Dublin Core frequency vocabulary; `irregular` where it is not known, as that model has it).

Beside them stand the attribution as a rights statement, the day of the last confirmation as schema.org's
`lastReviewed`, for which DCAT has no property, and a checksum of each file that is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bulk.describing.dataset import Addresses, Dataset, Download
from bulk.describing.graph import Iri, Name, Text, Thing, Value
from bulk.describing.licences import Licence, is_uri
from bulk.kinds import COMPRESSIONS

Said = tuple[str, Value]
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
# Those of our media types that IANA knows; of the others the catalogue says the name, for they have no URI.
REGISTERED = frozenset(
    {
        "application/geo+json",
        "application/geopackage+sqlite3",
        "application/gzip",
        "application/json",
        "application/vnd.apache.parquet",
        "application/vnd.sqlite3",
        "application/zip",
        "application/zstd",
        "text/csv",
    }
)
_PUBLIC = Iri("http://publications.europa.eu/resource/authority/access-right/PUBLIC")
_DATES = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}  # by how many characters they have


def catalogue(datasets: Iterable[Dataset], addresses: Addresses, operator: str) -> Thing:
    """The catalogue of all registers."""
    listed = list(datasets)
    modified = max((each.modified for each in listed), default="")
    said: list[Said] = [
        ("dct:title", Text(f"Registers of {operator}")),
        ("dct:description", Text("Authoritative lists, each an append-only log that anybody can check.")),
        ("dct:publisher", _agent(operator)),
        ("foaf:homepage", Iri(addresses.home)),
        *([("dct:modified", Text(modified, "xsd:dateTime"))] if modified else []),
        *(("dcat:dataset", dataset(each)) for each in listed),
        ("dcat:distribution", _archive(addresses)),
        ("dcat:service", _service(listed, addresses, operator)),
    ]
    return Thing(("dcat:Catalog",), said, addresses.catalogue)


def dataset(of: Dataset) -> Thing:
    """A register."""
    return Thing(("dcat:Dataset",), [*_named(of), *_kept(of), *_covered(of), *_distributions(of)], of.url)


def _named(of: Dataset) -> Iterator[Said]:
    yield "dct:title", Text(of.title)
    yield "dct:description", Text(of.text or of.title)
    yield "dct:identifier", Text(of.identifier)
    yield "dcat:version", Text(of.version)
    yield "dcat:landingPage", Iri(of.page)
    yield "dct:issued", Text(of.issued, "xsd:dateTime")
    yield "dct:modified", Text(of.modified, "xsd:dateTime")


def _kept(of: Dataset) -> Iterator[Said]:
    yield "dct:publisher", _agent(of.publisher)
    yield "dct:creator", _agent(of.publisher)
    contact: list[Said] = [("vcard:fn", Text(of.publisher)), ("vcard:hasURL", Iri(of.page))]
    yield "dcat:contactPoint", Thing(("vcard:Kind",), contact)
    yield "dct:accessRights", _PUBLIC
    yield from _licensed(of)
    if of.attribution:
        yield "dct:rights", Thing(("dct:RightsStatement",), [("rdfs:label", Text(of.attribution))])
    yield "dct:accrualPeriodicity", Name(f"freq:{_camel(of.frequency or 'irregular')}")
    if of.confirmed:
        yield "schema:lastReviewed", Text(of.confirmed, "xsd:date")


def _covered(of: Dataset) -> Iterator[Said]:
    if of.where:
        named = Thing(("dct:Location",), [("rdfs:label", Text(of.where))])
        yield "dct:spatial", Iri(of.where) if is_uri(of.where) else named
    if any(of.span):
        ends = zip(("dcat:startDate", "dcat:endDate"), of.span, strict=True)
        said: list[Said] = [(name, _date(end)) for name, end in ends if end]
        yield "dct:temporal", Thing(("dct:PeriodOfTime",), said)


def _distributions(of: Dataset) -> Iterator[Said]:
    for download in of.downloads:
        said = [*_offered(download), *_made(download), *_licensed(of), ("dct:accessRights", _PUBLIC)]
        yield "dcat:distribution", Thing(("dcat:Distribution",), said, download.url)


def _offered(download: Download) -> Iterator[Said]:
    kind = download.kind
    yield "dct:title", Text(kind.name)
    yield "dcat:accessURL", Iri(download.latest)
    yield "dcat:downloadURL", Iri(download.url)
    yield from _media_type(kind.plain.content_type.partition(";")[0])
    if kind.compression:
        yield "dcat:compressFormat", Iri(MEDIA_TYPES + COMPRESSIONS[kind.compression])


def _media_type(name: str) -> Iterator[Said]:
    if name in REGISTERED:
        yield "dcat:mediaType", Iri(MEDIA_TYPES + name)
    else:
        yield "dct:format", Thing(("dct:MediaTypeOrExtent",), [("rdfs:label", Text(name))])


def _made(download: Download) -> Iterator[Said]:
    if file := download.file:
        yield "dcat:byteSize", Text(str(file.bytes), "xsd:nonNegativeInteger")
        digest: list[Said] = [
            ("spdx:algorithm", Name("spdx:checksumAlgorithm_sha256")),
            ("spdx:checksumValue", Text(file.sha256, "xsd:hexBinary")),
        ]
        yield "spdx:checksum", Thing(("spdx:Checksum",), digest)


def _archive(addresses: Addresses) -> Thing:
    """All registers in one file: a catalogue is a dataset itself."""
    said: list[Said] = [
        ("dct:title", Text("all.zip")),
        ("dct:description", Text("Every register's whole history as RSF, and its records as CSV.")),
        ("dcat:accessURL", Iri(addresses.archive)),
        ("dcat:downloadURL", Iri(addresses.archive)),
        ("dct:accessRights", _PUBLIC),
        *_media_type("application/zip"),
    ]
    return Thing(("dcat:Distribution",), said, addresses.archive)


def _service(datasets: Iterable[Dataset], addresses: Addresses, operator: str) -> Thing:
    said: list[Said] = [
        ("dct:title", Text("The registers' API")),
        ("dct:description", Text("Records, entries, past states, proofs and questions, as JSON and CSV.")),
        ("dct:publisher", _agent(operator)),
        ("dct:accessRights", _PUBLIC),
        ("dcat:endpointURL", Iri(addresses.service)),
        ("dcat:endpointDescription", Iri(addresses.service_description)),
        *(("dcat:servesDataset", Iri(each.url)) for each in datasets),
    ]
    return Thing(("dcat:DataService",), said, addresses.service)


def _licensed(of: Dataset) -> Iterator[Said]:
    if of.licence:
        yield "dct:license", _licence(of.licence)


def _licence(licence: Licence) -> Value:
    if licence.uri:
        return Iri(licence.uri)
    return Thing(("dct:LicenseDocument",), [("rdfs:label", Text(licence.title))])


def _agent(name: str) -> Thing:
    return Thing(("foaf:Agent",), [("foaf:name", Text(name))])


def _date(value: str) -> Text:
    """A date, in whole or in part; of a time its day, for XML Schema has no hours alone."""
    day = value[:10]
    return Text(day, _DATES[len(day)])


def _camel(word: str) -> str:
    """`three-times-a-year` as the vocabulary has it: threeTimesAYear."""
    first, *rest = word.split("-")
    return first + "".join(part.capitalize() for part in rest)
