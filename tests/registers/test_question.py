"""Which questions can be asked of a register, and what an item answers."""

from __future__ import annotations

from datetime import date

import pytest

from registers.definition import Definition, Field
from registers.errors import Invalid
from registers.question import Condition, Question, Sought, check, days, holds, sought, title_of
from tests.makers import definition

FIELDS = (
    Field("country"),
    Field("name"),
    Field("tags", cardinality="n"),
    Field("size", "integer"),
    Field("start-date", "datetime"),
    Field("owner", "curie", register="person"),
    Field("about", "text"),
    Field("shape", "geometry"),
)
LANDS: Definition = definition(fields=FIELDS)
REDACTED = "**REDACTED**" + "0" * 64


def refusal(*conditions: Condition, words: str = "", sort: str = "-entry") -> str:
    with pytest.raises(Invalid) as refused:
        check(Question(conditions, words=words, sort=sort), LANDS)
    return str(refused.value)


REFUSED = {
    Condition("nane", "eq", ("x",)): "where.nane: 'nane' is not a field of this register, whose fields are country, ",
    Condition("about", "eq", ("x",)): "where.about: about holds text or shapes, of which nothing can be asked",
    Condition("shape", "exists", ("true",)): "where.shape.exists: shape holds text or shapes",
    Condition("name", "like", ("x",)): "where.name.like: 'like' is not a comparison: eq, in, gte, lte, prefix, exists",
    Condition("name", "eq", ("",)): "where.name: takes a value",
    Condition("name", "eq", ()): "where.name: takes one value",
    Condition("name", "eq", ("a", "b")): "where.name: takes one value",
    Condition("name", "in", ()): "where.name.in: takes at least one value",
    Condition("name", "in", ("a", "")): "where.name.in: takes a value",
    Condition("name", "in", ("x",) * 101): "where.name.in: takes at most 100 values",
    Condition("name", "eq", ("x" * 201,)): "where.name: a value to compare with has at most 200 characters",
    Condition("name", "eq", ("a\0",)): "where.name: 'a\\x00' holds what no value can",
    Condition("name", "eq", ("\ud800",)): "where.name: '\\ud800' holds what no value can",
    Condition("name", "exists", ("yes",)): "where.name.exists: is true or false, not 'yes'",
    Condition("size", "gte", ("9.5",)): "where.size.gte: '9.5' is not an integer",
    Condition("size", "in", ("1", "x")): "where.size.in: 'x' is not an integer",
    Condition("size", "prefix", ("1",)): "where.size.prefix: an integer has no prefix; use gte and lte",
    Condition("start-date", "lte", ("2017-13",)): "where.start-date.lte: '2017-13' is not a date",
    Condition("owner", "eq", ("person:-",)): "where.owner: 'person:-' is not a CURIE",
}


def test_what_cannot_be_asked_is_refused_by_the_name_of_its_parameter() -> None:
    for condition, reason in REFUSED.items():
        assert refusal(condition).startswith(reason), condition


def test_questions_have_limits() -> None:
    assert "at most 20 conditions" in refusal(*[Condition("name", "eq", ("x",))] * 21)
    assert refusal(words="x" * 201) == "q: a search has at most 200 characters"
    assert refusal(words="a " * 11) == "q: a search has at most 10 words"
    assert refusal(words="'*\"") == "q: '\\'*\"' has no letter or digit to search for"
    assert refusal(words="a\0b") == "q: 'a\\x00b' holds what no value can"
    assert refusal(sort="name") == "sort: 'name' is not an order: -entry, entry, key, -key"


def test_what_can_be_asked_passes() -> None:
    kept = [
        Condition("owner", "eq", ("anne",)),  # a key of the register that the field names
        Condition("owner", "eq", ("person:anne",)),
        Condition("start-date", "gte", ("2017-08-09T10:30",)),  # as the archive spells it
        Condition("name", "eq", ("x" * 200,)),
        Condition("name", "in", ("x",) * 100),
        Condition("tags", "prefix", ("é",)),
        Condition("size", "exists", ("false",)),
    ]
    check(Question(tuple(kept), on=date(2020, 1, 1), words="a " * 10, sort="key"), LANDS)


ITEM = {"name": "É", "tags": ["red", "blue"], "size": "-10", "start-date": "2017-08", "owner": REDACTED}


@pytest.mark.parametrize(
    ("field", "op", "value", "kept"),
    [
        ("name", "eq", "E\u0301", True),  # spelt otherwise, and the same once normalised
        ("name", "eq", "é", False),
        ("tags", "eq", "blue", True),
        ("tags", "eq", "red;blue", False),
        ("tags", "prefix", "re", True),
        ("tags", "gte", "redder", False),
        ("size", "gte", "-9", False),
        ("size", "gte", "-100", True),
        ("size", "lte", "5", True),
        ("start-date", "lte", "2017", True),
        ("start-date", "lte", "2017-08-01", True),
        ("start-date", "gte", "2017", True),
        ("start-date", "gte", "2017-08-01", False),  # it may have been before the day
        ("start-date", "lte", "2016", False),
        ("owner", "exists", "true", False),  # what was redacted is not there
        ("owner", "exists", "false", True),
        ("owner", "prefix", "**", False),
        ("name", "exists", "true", True),
    ],
)
def test_an_item_keeps_a_condition(field: str, op: str, value: str, kept: bool) -> None:
    datatypes = {each.name: each.datatype for each in FIELDS}
    assert holds(Condition(field, op, (value,)), ITEM, datatypes[field]) is kept


def test_days_are_the_first_and_last_of_partial_dates_and_none_for_what_is_no_date() -> None:
    whole = date(2016, 2, 1).toordinal(), date(2016, 2, 29).toordinal()
    assert days({"start-date": "2016-02", "end-date": "2016-02"}) == whole
    assert days({"start-date": "soon", "end-date": ["2016"]}) == (None, None)
    assert days({"start-date": REDACTED, "end-date": "9999"}) == (None, date(9999, 12, 31).toordinal())
    assert days({}) == (None, None)


def test_the_ranking_is_key_then_name_then_how_the_name_begins() -> None:
    wanted = sought("St. Mary")
    assert wanted == Sought(("st", "mary"), "st mary", "st. mary")
    assert [wanted.rank("a", name) for name in ("st mary", "st marys", "mary st")] == [1, 2, 3]
    assert sought(" gB ").rank("GB", "x") == 0
    assert wanted.matches("mary old stone") and not wanted.matches("stmary rosemary")


def test_a_record_is_called_by_its_name_or_else_its_key() -> None:
    assert title_of({"name": "x"}, "k") == "x"
    assert title_of({"name": ["x", "y"]}, "k") == "x y"
    assert title_of({"name": REDACTED}, "k") == title_of({}, "k") == "k"
