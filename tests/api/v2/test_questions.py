"""Questions over HTTP: filters, words, days, orders, fields, links followed, counts, suggestions, at any state."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.definition import Field
from registers.followers import catch_up_all
from registers.store import followers
from registers.store.engine import Store
from tests.api.conftest import SETTINGS
from tests.api.v2.conftest import Ask, asking, links, pages
from tests.makers import AUTHORITY, append, country, make
from tests.queries import queries

TREES = (
    Field("tree"),
    Field("name"),
    Field("height", "integer"),
    Field("uses", cardinality="n"),
    Field("country", register="country"),
    Field("notes", "text"),
    Field("start-date", "datetime"),
    Field("end-date", "datetime"),
)


def tree(key: str, name: str, **values: object) -> Change:
    """A change of a tree; the values' names take a hyphen for an underscore."""
    given = {field.replace("_", "-"): value for field, value in values.items()}
    return Change(key, {"tree": key, "name": name, **given})


def plant(store: Store) -> None:
    make(store)
    append(store, country("GB", "United Kingdom"), country("CI", "Côte d'Ivoire"))
    lifecycle.publish(store, "country")
    make(store, "tree", TREES)
    append(
        store,
        tree("QUR", "English oak", height="40", uses=["timber", "tanning"], start_date="1900"),
        tree("ILA", "Holly", height="9", uses=["hedging"]),
        tree("TIC", "Small-leaved lime", height="38", uses=["timber"], start_date="1950-06", end_date="1999-12-31"),
        tree("QUE", "Sessile oak", height="-2", notes="an *oak*"),
        to="tree",
    )
    append(store, tree("ILA", "Common holly", height="10", uses=["hedging", "timber"]), to="tree")
    lifecycle.publish(store, "tree")
    catch_up_all(store)


@pytest.fixture
def planted(sqlite_store: Store) -> Ask:
    """Ask about trees."""
    plant(sqlite_store)
    return asking(create_app(SETTINGS, sqlite_store).test_client())


def keys(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.data
    return [record["_id"] for record in answer.json]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("where.name=English+oak", ["QUR"]),
        ("where.uses=timber", ["ILA", "TIC", "QUR"]),
        ("where.uses=timber&where.uses.eq=hedging", ["ILA"]),
        ("where.tree.in=QUR,QUE,XX", ["QUE", "QUR"]),
        ("where.height.gte=10", ["ILA", "TIC", "QUR"]),
        ("where.height.gte=-2&where.height.lte=9", ["QUE"]),
        ("where.name.prefix=S", ["QUE", "TIC"]),
        ("where.start-date.exists=true", ["TIC", "QUR"]),
        ("where.start-date.exists=false&sort=key", ["ILA", "QUE"]),
        ("where.start-date.lte=1950", ["TIC", "QUR"]),
        ("on=1950-05-31", ["ILA", "QUE", "QUR"]),
        ("on=1999-12-31&where.uses=timber", ["ILA", "TIC", "QUR"]),
        ("on=2000-01-01&where.uses=timber", ["ILA", "QUR"]),
        ("sort=key", ["ILA", "QUE", "QUR", "TIC"]),
        ("sort=-key", ["TIC", "QUR", "QUE", "ILA"]),
        ("sort=entry", ["QUR", "TIC", "QUE", "ILA"]),
        ("sort=-entry", ["ILA", "QUE", "TIC", "QUR"]),
        ("q=oak", ["QUE", "QUR"]),
        ("q=ENGL+oa", ["QUR"]),
        ("q=oak&where.height.gte=0", ["QUR"]),
        ("q=holly", ["ILA"]),
        ("q=holly&at=4", ["ILA"]),
        ("q=common&at=4", []),
        ("q=ila", ["ILA"]),
        ("where.name=Holly&at=4", ["ILA"]),
        ("where.name=Holly", []),
        ("where.height=9&at=1", []),
        ("q=oak&at=0", []),
    ],
)
def test_a_question_finds_the_records_that_it_asks_for(planted: Ask, query: str, expected: list[str]) -> None:
    assert keys(planted(f"/tree/records?{query}")) == expected


def test_it_is_answered_on_both_engines(store: Store) -> None:
    plant(store)
    ask = asking(create_app(SETTINGS, store).test_client())
    assert keys(ask("/tree/records?q=oak+sess")) == ["QUE"]
    assert keys(ask("/tree/records?where.uses=timber&sort=key")) == ["ILA", "QUR", "TIC"]
    assert ask("/tree/facets?field=uses").json["facets"]["uses"]["values"][0] == {"value": "timber", "count": 3}


@pytest.mark.parametrize("query", ["sort=key", "sort=-entry", "q=o", "where.uses=timber", "on=1990-01-01"])
def test_pages_are_the_whole_in_parts_and_of_one_state(planted: Ask, sqlite_store: Store, query: str) -> None:
    whole = keys(planted(f"/tree/records?{query}"))
    seen: list[str] = []
    for number, page in enumerate(pages(planted, f"/tree/records?{query}&page-size=1")):
        seen += keys(page)
        assert page.headers["Register-Size"] == "5"
        append(sqlite_store, tree(f"N{number}", f"New oak {number}", uses=["timber"]), to="tree")
        catch_up_all(sqlite_store)
    assert seen == whole
    assert len(keys(planted(f"/tree/records?{query}"))) > len(whole)


def test_only_the_chosen_fields_are_shown_in_the_order_of_the_definition(planted: Ask) -> None:
    answer = planted("/tree/records?fields=height,name&where.tree=QUR")
    assert answer.text == '[{"_id":"QUR","height":"40","name":"English oak"}]'
    table = planted("/tree/records.csv?fields=height,name&where.tree=QUR").text
    assert table == '_id,name,height\r\nQUR,"English oak",40\r\n'


def test_links_are_followed_without_a_query_a_row(sqlite_store: Store) -> None:
    plant(sqlite_store)
    trees = [tree(f"T{n}", "x", country="GB" if n % 2 else "CI") for n in range(20)]
    append(sqlite_store, *trees, to="tree")
    catch_up_all(sqlite_store)
    ask = asking(create_app(SETTINGS, sqlite_store).test_client())
    with queries(sqlite_store) as one:
        ask("/tree/records?expand=country&page-size=1&where.name=x")
    with queries(sqlite_store) as seen:
        records = ask("/tree/records?expand=country&page-size=20&where.name=x").json
    assert len(seen) <= len(one)
    assert records[0]["_expanded"] == {"country": {"GB": {"country": "GB", "name": "United Kingdom"}}}
    assert len(records) == 20
    assert ask("/tree/records?expand=country&where.tree=QUR").json[0]["_expanded"] == {}


def test_an_expanded_answer_changes_its_etag_with_the_other_register(sqlite_store: Store) -> None:
    plant(sqlite_store)
    append(sqlite_store, tree("T", "x", country="GB"), to="tree")
    catch_up_all(sqlite_store)
    ask = asking(create_app(SETTINGS, sqlite_store).test_client())
    first = ask("/tree/records?expand=country").headers["ETag"]
    assert ask("/tree/records?expand=country", headers={"If-None-Match": first}).status_code == 304
    append(sqlite_store, country("GB", "The United Kingdom"))
    again = ask("/tree/records?expand=country", headers={"If-None-Match": first})
    assert (again.status_code, again.headers["ETag"] == first) == (200, False)


def test_an_expanded_answer_changes_its_etag_when_what_it_links_to_comes_to_be_here(sqlite_store: Store) -> None:
    plant(sqlite_store)
    make(sqlite_store, "wood", [Field("wood"), Field("region", register="region")])
    lifecycle.append(sqlite_store, "wood", [Change("1", {"wood": "1", "region": "N"})], AUTHORITY)
    lifecycle.publish(sqlite_store, "wood")
    make(sqlite_store, "region", ["region"])
    append(sqlite_store, Change("N", {"region": "N"}), to="region")
    catch_up_all(sqlite_store)
    ask = asking(create_app(SETTINGS, sqlite_store).test_client())
    first = ask("/wood/records?expand=region")
    assert first.json[0]["_expanded"] == {"region": {"N": None}}
    given = {"If-None-Match": first.headers["ETag"]}
    assert ask("/wood/records?expand=region", headers=given).status_code == 304
    lifecycle.publish(sqlite_store, "region")
    assert ask("/wood/records?expand=region", headers=given).json[0]["_expanded"] == {"region": {"N": {"region": "N"}}}
    assert "Last-Modified" not in first.headers  # to publish is no revision, so no date would tell


def test_an_answer_of_an_index_that_is_behind_has_no_date(sqlite_store: Store) -> None:
    plant(sqlite_store)
    ask = asking(create_app(SETTINGS, sqlite_store).test_client())
    path = "/tree/records?q=oak"
    assert "Last-Modified" in ask(path).headers
    append(sqlite_store, tree("NEW", "New oak"), to="tree")
    behind = ask(path)
    assert (len(behind.json), "Last-Modified" in behind.headers) == (2, False)
    catch_up_all(sqlite_store)
    assert len(ask(path, headers={"If-None-Match": behind.headers["ETag"]}).json) == 3
    assert "Last-Modified" in ask(path).headers


def test_facets_count_members_and_records(planted: Ask) -> None:
    answer = planted("/tree/facets?field=uses,height").json
    assert answer["records"] == {"count": 4, "exact": True}
    assert answer["facets"]["uses"] == {
        "values": [
            {"value": "timber", "count": 3},
            {"value": "hedging", "count": 1},
            {"value": "tanning", "count": 1},
        ],
        "exact": True,
        "more": False,
    }
    assert [each["value"] for each in answer["facets"]["height"]["values"]] == ["-2", "10", "38", "40"]
    some = planted("/tree/facets?field=uses&where.height.gte=38&limit=1").json
    assert some["records"]["count"] == 2
    assert some["facets"]["uses"] == {"values": [{"value": "timber", "count": 2}], "exact": True, "more": True}
    assert planted("/tree/facets?at=0").json == {"records": {"count": 0, "exact": True}, "facets": {}}


def test_suggestions_are_for_choosing(planted: Ask) -> None:
    assert planted("/tree/suggest?q=o").json["suggestions"][0] == {
        "key": "QUE",
        "name": "Sessile oak",
        "entry-number": 4,
    }
    assert [each["key"] for each in planted("/tree/suggest?q=qu").json["suggestions"]] == ["QUE", "QUR"]
    assert len(planted("/tree/suggest?q=qu&limit=1").json["suggestions"]) == 1
    for text in ("", "*", "'", '"', "%20"):
        assert planted(f"/tree/suggest?q={text}").json == {"suggestions": []}


def test_all_registers_are_searched(sqlite_store: Store) -> None:
    plant(sqlite_store)
    make(sqlite_store, "draft")
    append(sqlite_store, country("OAK", "Oak"), to="draft")
    catch_up_all(sqlite_store)
    client = create_app(SETTINGS, sqlite_store).test_client()

    def found(target: str) -> TestResponse:
        answer = client.get(target, buffered=True)
        assert answer.status_code == 200, answer.data
        return answer

    assert found("/v2/search?q=cote").json == {
        "results": [
            {
                "register": "country",
                "url": "/v2/registers/country/records/CI",
                "entry-number": 2,
                "record": {"_id": "CI", "country": "CI", "name": "Côte d'Ivoire"},
            }
        ]
    }
    seen, target = [], "?q=o&limit=1"
    while target:
        page = found(f"/v2/search{target}")
        seen += [(each["register"], each["record"]["_id"]) for each in page.json["results"]]
        target = links(page).get("next", "")
    assert seen == [("tree", "QUE"), ("tree", "QUR")]
    for query in ("", "?q=", "?q=*", "?q=a&after=x", "?q=a&limit=101", "?q=a&register=tree"):
        assert client.get(f"/v2/search{query}").status_code == 400


def test_a_state_that_the_index_has_not_reached_is_answered_later(sqlite_store: Store) -> None:
    plant(sqlite_store)
    append(sqlite_store, tree("NEW", "New oak"), to="tree")
    ask = asking(create_app(SETTINGS, sqlite_store).test_client())
    now = ask("/tree/records?q=oak")
    assert (keys(now), now.headers["Register-Size"]) == (["QUE", "QUR"], "5")
    later = ask("/tree/records?q=oak&at=6")
    assert (later.status_code, "Retry-After" in later.headers) == (503, True)
    assert ask("/tree/records/NEW").status_code == 200
    catch_up_all(sqlite_store)
    assert keys(ask("/tree/records?q=oak&at=6")) == ["NEW", "QUE", "QUR"]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("records?where.nothing=1", "where.nothing"),
        ("records?where.=1", "where."),
        ("records?where.notes=x", "where.notes"),
        ("records?where.height.gte=tall", "where.height.gte"),
        ("records?where.name.like=x", "where.name.like"),
        ("records?where.name=", "where.name"),
        ("records?where.name=a&where.name=b", "where.name"),
        ("records?where.name.exists=yes", "where.name.exists"),
        ("records?where.tree.in=" + ",".join("x" * 101), "where.tree.in"),
        ("records?where.name=" + "x" * 201, "where.name"),
        ("records?on=2019-02-30", "on"),
        ("records?on=yesterday", "on"),
        ("records?q=", "q"),
        ("records?q=%22*%22", "q"),
        ("records?q=" + "x" * 201, "q"),
        ("records?q=" + "+".join("abcdefghijk"), "q"),
        ("records?q=oak&sort=key", "sort"),
        ("records?sort=name", "sort"),
        ("records?fields=tree,nothing", "fields"),
        ("records?fields=", "fields"),
        ("records?expand=name", "expand"),
        ("records?expand=nothing", "expand"),
        ("records.csv?expand=country", "expand"),
        ("records?q=oak&after=x", "after"),
        ("records?q=oak&after=WzUsIlgiXQ", "after"),
        ("records?sort=key&after=WzUsNV0", "after"),
        ("records?sort=key&page-index=2", "page-index"),
        ("records?sort=key&page-size=5001", "page-size"),
        ("facets?field=notes", "field"),
        ("facets?field=nothing", "field"),
        ("facets?limit=1001", "limit"),
        ("suggest", "q"),
        ("suggest?q=a&limit=51", "limit"),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_name(planted: Ask, path: str, named: str) -> None:
    answer = planted(f"/tree/{path}")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert named in answer.json["detail"]


@pytest.mark.parametrize(
    "text", ["NEAR(a+b)", '"oak', "oak*", "oak+OR+holly", "name:oak", "-oak", "oak'--", "^oak", "(oak"]
)
def test_operators_of_the_full_text_engine_are_only_text(planted: Ask, text: str) -> None:
    answer = planted(f"/tree/records?q={text}")
    assert answer.status_code == 200
    assert set(keys(answer)) <= {"QUE", "QUR"}


def test_an_index_that_was_never_made_is_said_to_be_empty_of_states(sqlite_store: Store) -> None:
    plant(sqlite_store)
    with sqlite_store.writing() as tx:
        register = snapshot.find_register(tx, "tree")
        followers.move(tx.connection, "questions", register.id, 0, "")
    ask = asking(create_app(SETTINGS, sqlite_store).test_client())
    assert ask("/tree/records?q=oak").headers["Register-Size"] == "0"


def test_the_next_page_keeps_the_question(planted: Ask) -> None:
    answer = planted("/tree/records?where.uses=timber&page-size=2")
    assert "where.uses=timber" in links(answer)["next"]
