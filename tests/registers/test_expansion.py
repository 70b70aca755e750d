"""Links followed: by field and by CURIE, to published registers here, with as many queries for a page as for one."""

from __future__ import annotations

import json

from registers import lifecycle
from registers.definition import Field
from registers.expansion import expand, expanded
from registers.store.engine import Store
from tests.makers import append, country, grow, make
from tests.queries import queries

FIELDS = [Field("country", register="country"), Field("seats", "curie", "n")]


def fill(store: Store) -> None:
    make(store)
    append(store, country("GB", "United Kingdom"), country("FR", "France"), country("FR", "The French Republic"))
    lifecycle.publish(store, "country")
    make(store, "draft")


def body(key: str, name: str) -> str:
    return json.dumps({"country": key, "name": name}, separators=(",", ":"))


def test_links_lead_to_current_records(store: Store) -> None:
    fill(store)
    item = {"country": "FR", "seats": ["country:GB", "country:XX", "nowhere:GB", "draft:GB"]}
    with store.reading() as tx:
        found = expand(tx, FIELDS, [item])
    assert [state.register.name for state in found.states] == ["country"]
    assert expanded(FIELDS, item, found) == {
        "country": {"FR": body("FR", "The French Republic")},
        "seats": {
            "country:GB": body("GB", "United Kingdom"),
            "country:XX": None,
            "nowhere:GB": None,
            "draft:GB": None,
        },
    }


def test_an_item_without_the_field_expands_to_nothing(store: Store) -> None:
    fill(store)
    with store.reading() as tx:
        found = expand(tx, FIELDS, [{"name": "x"}])
    assert (found.bodies, found.states) == ({}, [])
    assert expanded(FIELDS, {"name": "x"}, found) == {}


def test_a_page_costs_as_many_queries_as_one_item(store: Store) -> None:
    fill(store)
    grow(store, 50)
    counted = []
    for size in (1, 50):
        items = [{"country": f"K{n}"} for n in range(size)]
        with queries(store) as seen, store.reading() as tx:
            assert len(expand(tx, FIELDS, items).bodies) == size
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 4
