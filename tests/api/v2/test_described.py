"""The catalogue: one graph in two spellings, as another's library reads them, with what DCAT asks for and no draft."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, XSD, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic, to_isomorphic
from rdflib.namespace import DCTERMS, FOAF, RDFS

from api.app import create_app
from bulk.building import build
from bulk.kinds import kinds_of
from bulk.source import open_source
from registers import lifecycle
from registers.definition import Field
from registers.naming import retire
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.conftest import fill
from tests.makers import AUTHORITY, append, country, definition, make
from tests.makers import OPERATOR as HERE

# What rdflib says of itself when it reads JSON-LD.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated, use:DeprecationWarning")
BASE = "https://registers.example.org"
COUNTRY = URIRef(f"{BASE}/v2/registers/country")
PLACE = URIRef(f"{BASE}/v2/registers/place")
DCAT = Namespace("http://www.w3.org/ns/dcat#")  # rdflib's own is that of DCAT 2
SPDX = Namespace("http://spdx.org/rdf/terms#")
FREQ = Namespace("http://purl.org/cld/freq/")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
SCHEMA = Namespace("https://schema.org/")
OGL = URIRef("https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/")
TOLD = {
    "title": 'Places "of" <note>',
    "text": "Line one\nline two \\ with\ta tab, é and 🐟",
    "custodian": "Office for Places",
    "licence": "Open Government Licence v3.0",
    "copyright": "© Crown copyright",
    "spatial_coverage": "http://statistics.data.gov.uk/id/statistical-geography/K02000001",
    "temporal_coverage": "1974-04/..",
    "update_frequency": "three-times-a-year",
    "last_confirmed": "2026-01-31",
}


class Catalogue:
    """An application with a folder of files, whose descriptions are read as graphs."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store, self.root = store, root
        settings = Settings(operator=HERE, base_url=BASE, bulk_folder=str(root))
        self.client: FlaskClient = create_app(settings, store).test_client()

    def graph(self, path: str = "/v2/catalogue", f: str = "jsonld") -> Graph:
        answer = self.client.get(path, query_string={"f": f})
        assert answer.status_code == 200, answer.data
        return Graph().parse(data=answer.data, format={"jsonld": "json-ld", "ttl": "turtle"}[f])


@pytest.fixture
def catalogue(sqlite_store: Store, tmp_path: Path) -> Catalogue:
    """Of `country`, which says nothing of itself, and `place`, which says all; a draft and a retired one beside."""
    fill(sqlite_store)
    fields = [Field("place"), Field("point", "point")]
    lifecycle.create(sqlite_store, definition("place", fields, **TOLD), AUTHORITY, HERE)
    lifecycle.publish(sqlite_store, "place")
    make(sqlite_store, "draft")
    make(sqlite_store, "old")
    lifecycle.publish(sqlite_store, "old")
    retire(sqlite_store, "old")
    return Catalogue(sqlite_store, tmp_path / "files")


# One graph


@pytest.mark.parametrize("path", ["/v2/catalogue", "/v2/registers/place/catalogue", "/v2/registers/country/catalogue"])
def test_both_spellings_are_one_graph(catalogue: Catalogue, path: str) -> None:
    one, other = catalogue.graph(path), catalogue.graph(path, "ttl")
    assert len(one) > 50
    assert isomorphic(one, other), to_isomorphic(one) ^ to_isomorphic(other)


def test_a_registers_own_description_is_what_the_catalogue_says_of_it(catalogue: Catalogue) -> None:
    own = catalogue.graph("/v2/registers/place/catalogue")
    whole = catalogue.graph()
    assert set(own.objects(PLACE, None, unique=True)) - {*_blanks(own)} <= set(whole.objects(PLACE, None, unique=True))
    assert {*own.objects(PLACE, DCAT.distribution)} == {*whole.objects(PLACE, DCAT.distribution)}


def _blanks(graph: Graph) -> list[object]:
    return [each for each in graph.all_nodes() if not isinstance(each, URIRef | Literal)]


# What it says


def test_it_lists_what_is_published_and_nothing_else(catalogue: Catalogue) -> None:
    graph = catalogue.graph()
    (whole,) = graph.subjects(RDF.type, DCAT.Catalog)
    assert whole == URIRef(f"{BASE}/v2/catalogue")
    assert {*graph.objects(whole, DCAT.dataset)} == {*graph.subjects(RDF.type, DCAT.Dataset)} == {COUNTRY, PLACE}
    (archive,) = graph.objects(whole, DCAT.distribution)
    assert graph.value(archive, DCAT.downloadURL) == URIRef(f"{BASE}/v2/download/all.zip")
    (service,) = graph.objects(whole, DCAT.service)
    assert {*graph.objects(service, DCAT.servesDataset)} == {COUNTRY, PLACE}
    assert graph.value(service, DCAT.endpointDescription) == URIRef(f"{BASE}/openapi.json")


def test_everything_has_what_dcat_and_the_exchange_model_ask_for(catalogue: Catalogue) -> None:
    graph = catalogue.graph()
    always = (DCTERMS.title, DCTERMS.description, DCTERMS.publisher)
    of_datasets = (
        *(DCTERMS.identifier, DCTERMS.creator, DCTERMS.issued, DCTERMS.modified, DCTERMS.accessRights),
        *(DCTERMS.accrualPeriodicity, DCAT.version, DCAT.contactPoint, DCAT.landingPage, DCAT.distribution),
    )
    of_files = (DCTERMS.title, DCTERMS.accessRights, DCAT.accessURL, DCAT.downloadURL)
    wanted = {
        DCAT.Catalog: (*always, DCAT.dataset, FOAF.homepage),
        DCAT.Dataset: (*always, *of_datasets),
        DCAT.DataService: (*always, DCAT.endpointURL, DCAT.endpointDescription, DCTERMS.accessRights),
        DCAT.Distribution: of_files,
        FOAF.Agent: (FOAF.name,),
        VCARD.Kind: (VCARD.fn,),
    }
    for kind, properties in wanted.items():
        things = list(graph.subjects(RDF.type, kind))
        assert things, kind
        missing = [(thing, name) for thing in things for name in properties if graph.value(thing, name) is None]
        assert missing == []
    for thing in graph.subjects(RDF.type, DCAT.Distribution):
        assert (graph.value(thing, DCAT.mediaType) is None) != (graph.value(thing, DCTERMS.format) is None)


def test_a_register_is_described_by_what_it_says_of_itself(catalogue: Catalogue) -> None:
    graph = catalogue.graph()
    told = dict(graph.predicate_objects(PLACE))
    assert told[DCTERMS.title] == Literal(TOLD["title"]) and told[DCTERMS.description] == Literal(TOLD["text"])
    assert told[DCTERMS.identifier] == Literal("registers.example.org/place")
    assert (told[DCTERMS.license], told[DCTERMS.spatial]) == (OGL, URIRef(TOLD["spatial_coverage"]))
    assert told[DCTERMS.accrualPeriodicity] == FREQ.threeTimesAYear
    assert told[SCHEMA.lastReviewed] == Literal("2026-01-31", datatype=XSD.date)
    assert graph.value(told[DCTERMS.rights], RDFS.label) == Literal("© Crown copyright")
    assert graph.value(told[DCTERMS.publisher], FOAF.name) == Literal("Office for Places")
    assert dict(graph.predicate_objects(told[DCTERMS.temporal])) == {
        RDF.type: DCTERMS.PeriodOfTime,
        DCAT.startDate: Literal("1974-04", datatype=XSD.gYearMonth),
    }
    assert told[DCAT.landingPage] == URIRef(f"{BASE}/registers/place")


def test_what_a_register_does_not_say_is_not_said_for_it(catalogue: Catalogue) -> None:
    graph = catalogue.graph()
    told = dict(graph.predicate_objects(COUNTRY))
    for name in (DCTERMS.license, DCTERMS.rights, DCTERMS.spatial, DCTERMS.temporal, SCHEMA.lastReviewed):
        assert name not in told
    assert told[DCTERMS.accrualPeriodicity] == FREQ.irregular
    assert told[DCAT.version] == Literal("7")
    assert told[DCTERMS.issued] == Literal("2023-11-14T22:12:20Z", datatype=XSD.dateTime), "its first entry's"
    assert told[DCTERMS.modified] == Literal("2023-11-14T22:13:20Z", datatype=XSD.dateTime)
    assert graph.value(told[DCTERMS.publisher], FOAF.name) == Literal("registers.example.org")


def test_each_file_is_a_distribution_and_one_that_is_made_has_its_bytes_and_checksum(catalogue: Catalogue) -> None:
    source = open_source(catalogue.store, "country")
    made = [file for _, file in build(catalogue.root, source, kinds_of(source.definition, ["csv", "csv.gz"]))]
    graph = catalogue.graph("/v2/registers/country/catalogue")
    files = {str(graph.value(each, DCTERMS.title)): each for each in graph.objects(COUNTRY, DCAT.distribution)}
    plain = {kind.name for kind in kinds_of(source.definition) if not kind.compression}
    assert set(files) == plain | {"records.csv.gz", "entries.csv.gz"}
    for file in made:
        each = files[file.name]
        assert each == graph.value(each, DCAT.downloadURL) == URIRef(f"{COUNTRY}/download/7/{file.name}")
        assert graph.value(each, DCAT.accessURL) == URIRef(f"{COUNTRY}/download/{file.name}")
        assert graph.value(each, DCAT.byteSize).toPython() == file.bytes  # type: ignore[union-attr]
        checksum = graph.value(each, SPDX.checksum)
        assert graph.value(checksum, SPDX.checksumValue).lower() == file.sha256  # type: ignore[union-attr]
        assert str(graph.value(each, DCAT.mediaType)).endswith("/text/csv")
    assert str(graph.value(files["records.csv.gz"], DCAT.compressFormat)).endswith("/application/gzip")
    assert graph.value(files["entries.rsf"], DCAT.mediaType) is None, "no media type that IANA does not have"
    assert graph.value(files["register.sqlite"], DCAT.byteSize) is None
    for each in files.values():
        path = str(graph.value(each, DCAT.downloadURL)).removeprefix(BASE)
        assert catalogue.client.get(path, buffered=True).status_code in (200, 202)


def test_links_of_the_catalogue_lead_somewhere(catalogue: Catalogue) -> None:
    graph = catalogue.graph()
    links = {str(each) for each in graph.all_nodes() if isinstance(each, URIRef) and str(each).startswith(BASE)}
    assert len(links) > 30
    for link in sorted(links):
        path = link.removeprefix(BASE) or "/"
        assert catalogue.client.get(path, buffered=True).status_code in (200, 202, 302), path


# How it is asked for


def test_formats_are_negotiated(catalogue: Catalogue) -> None:
    get = catalogue.client.get
    for path in ("/v2/catalogue", "/v2/registers/country/catalogue"):
        for headers, suffix, given in (
            ({}, "", "application/ld+json"),
            ({"Accept": "application/json"}, "", "application/ld+json"),
            ({"Accept": "text/turtle"}, "", "text/turtle; charset=utf-8"),
            ({"Accept": "text/turtle"}, "?f=json", "application/ld+json"),
            ({"Accept": "text/turtle"}, ".json", "application/ld+json"),
            ({}, "?f=ttl", "text/turtle; charset=utf-8"),
        ):
            answer = get(path + suffix, headers=headers)
            assert (answer.status_code, answer.content_type) == (200, given)
        assert "Accept" in get(path).headers["Vary"]


@pytest.mark.parametrize(
    ("path", "headers", "status", "said"),
    [
        ("/v2/catalogue?f=rdf", {}, 400, "f: 'rdf' is not a format of this resource, which has jsonld, ttl"),
        ("/v2/catalogue", {"Accept": "application/rdf+xml"}, 406, "application/ld+json or text/turtle"),
        ("/v2/catalogue.csv", {}, 406, "application/ld+json or text/turtle"),
        ("/v2/catalogue?at=1", {}, 400, "no parameter 'at'"),
        ("/v2/registers/country/catalogue?at=8", {}, 404, "has 7 entries, and never had 8"),
        ("/v2/registers/country/catalogue?at=never", {}, 400, "at: "),
        ("/v2/registers/draft/catalogue", {}, 404, "no register 'draft'"),
        ("/v2/registers/old/catalogue", {}, 410, "old"),
        ("/v2/registers/none/catalogue", {}, 404, "no register 'none'"),
    ],
)
def test_what_cannot_be_is_said(
    catalogue: Catalogue, path: str, headers: dict[str, str], status: int, said: str
) -> None:
    answer = catalogue.client.get(path, headers=headers)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert said in json.loads(answer.data)["detail"]


def test_a_past_state_is_described_with_its_own_size_and_files(catalogue: Catalogue) -> None:
    answer = catalogue.client.get("/v2/registers/country/catalogue?at=3&f=ttl")
    graph = Graph().parse(data=answer.data, format="turtle")
    assert graph.value(COUNTRY, DCAT.version) == Literal("3")
    assert URIRef(f"{COUNTRY}/download/3/records.csv") in graph.objects(COUNTRY, DCAT.distribution)
    assert answer.headers["Register-Size"] == "3"


def test_head_and_conditions(catalogue: Catalogue) -> None:
    for path in ("/v2/catalogue", "/v2/registers/country/catalogue"):
        head, first = catalogue.client.head(path), catalogue.client.get(path)
        assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", first.headers["ETag"])
        known = {"If-None-Match": first.headers["ETag"]}
        assert catalogue.client.get(path, headers=known).status_code == 304
        source = open_source(catalogue.store, "country")
        list(build(catalogue.root, source, kinds_of(source.definition, [f"ndjson{'.gz' if 'c/' in path else ''}"])))
        if path == "/v2/catalogue":
            assert catalogue.client.get(path, headers=known).status_code == 200, "a file was made"
    known = {"If-None-Match": catalogue.client.get("/v2/catalogue").headers["ETag"]}
    append(catalogue.store, country("NZ", "New Zealand"))
    assert catalogue.client.get("/v2/catalogue", headers=known).status_code == 200


def test_a_registers_own_host_has_its_description(catalogue: Catalogue) -> None:
    answer = catalogue.client.get("/next/catalogue", headers={"Host": "country.registers.example.org"})
    assert answer.status_code == 200
    assert answer.json["dct:identifier"] == "registers.example.org/country"  # type: ignore[index]


def test_both_engines_describe(store: Store, tmp_path: Path) -> None:
    fill(store)
    graph = Catalogue(store, tmp_path).graph()
    assert set(graph.subjects(RDF.type, DCAT.Dataset)) == {COUNTRY}


def test_a_service_without_registers_has_an_empty_catalogue(sqlite_store: Store, tmp_path: Path) -> None:
    graph = Catalogue(sqlite_store, tmp_path).graph(f="ttl")
    assert not list(graph.subjects(RDF.type, DCAT.Dataset)) and list(graph.subjects(RDF.type, DCAT.Catalog))
