"""Search, filters and facets, held against a plain reading of all items; on both engines, at every size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from unicodedata import category, normalize

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from registers import lifecycle, matching, search
from registers.batch import Change
from registers.definition import Field
from registers.errors import Invalid
from registers.indexing import QUESTIONS
from registers.question import Condition, Question, check
from registers.register import Register
from registers.search import Found
from registers.store.engine import Store
from tests.makers import CheckedStore, append, country, definition, make

FIELDS = (
    Field("country"),
    Field("name"),
    Field("tags", cardinality="n"),
    Field("size", "integer"),
    Field("start-date", "datetime"),
    Field("end-date", "datetime"),
    Field("about", "text"),
)
KEYS = ("a", "A", "a1", "a-b", "B", "10", "9", "gb", "GB", "mary", "Q.1", "z/9")
NAMES = ("St Mary", "ST  MARY", "St. Mary's", "Straße", "strasse 9", "Église", "a-b", "***", "Mary", "ﬁn Ōki a1")
TAGS = ("red", "Redder", "blue", "é", "mary", "st")
SIZES = ("0", "-1", "5", "10", "-10", "100", "99999999999999999999", "-99999999999999999999")
DATES = ("1999", "2000", "2000-02", "2000-02-29", "2000-03-01", "2000-03-01T10Z", "2000-03-01T10:30Z", "2001")
POOLS = {"country": KEYS, "name": NAMES, "tags": TAGS, "size": SIZES, "start-date": DATES, "end-date": DATES}
WORDS = (
    "s",
    "st",
    "St m",
    "mary",
    "MARY ST",
    "strass",
    "eg",
    "a",
    "a-b",
    "9",
    "gb",
    "re bl",
    "fin oki",
    "red-a1",
    "zz",
)
DAYS = (date(1999, 12, 31), date(2000, 2, 29), date(2000, 3, 1), date(2001, 12, 31), date(2002, 1, 1))

_numbers = count()


def maybe(pool: Sequence[str]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(pool)


ITEMS = st.fixed_dictionaries(
    {
        "country": st.sampled_from(KEYS),
        "name": maybe(NAMES),
        "tags": st.lists(st.sampled_from(TAGS), unique=True, max_size=3),
        "size": maybe(SIZES),
        "start-date": maybe(DATES),
        "end-date": maybe(DATES),
        "about": maybe(("a text about mary",)),
    }
)


@st.composite
def conditions(draw: Callable[..., Any]) -> Condition:
    """A condition on a field, with values that it may hold."""
    field = draw(st.sampled_from(sorted(POOLS)))
    op = draw(st.sampled_from(("eq", "in", "gte", "lte", "prefix", "exists")))
    if op == "exists":
        return Condition(field, op, (draw(st.sampled_from(("true", "false"))),))
    values = draw(st.lists(st.sampled_from(POOLS[field]), min_size=1, max_size=3 if op == "in" else 1))
    if op == "prefix":
        return Condition("name" if field == "size" else field, op, (values[0][:2],))
    return Condition(field, op, tuple(values))


QUESTIONS_ASKED = st.builds(
    Question,
    conditions=st.lists(conditions(), max_size=3).map(tuple),
    on=st.none() | st.sampled_from(DAYS),
    words=st.just("") | st.sampled_from(WORDS),
    sort=st.sampled_from(("-entry", "entry", "key", "-key")),
)


# The plain reading


@dataclass
class Plain:
    """A record as anybody would read it."""

    number: int
    key: str
    item: dict[str, Any]

    def values(self, name: str) -> list[str]:
        value = self.item.get(name) or []
        return [value] if isinstance(value, str) else value


def folded(text: str) -> str:
    decomposed = normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if category(c) not in ("Mn", "Mc", "Me"))


def plain_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", folded(text))


def instant(text: str, last: bool) -> str:
    """The first or the last second of a partial date."""
    least, most = "0000-01-01T00:00:00", "0000-12-31T23:59:59"
    text = text.rstrip("Z")
    filled = text + (most if last else least)[len(text) :]
    if last and len(text) == len("2000-02"):
        filled = filled.replace("-02-31", "-02-29")
    return filled


def keeps(record: Plain, asked: Condition) -> bool:
    values = record.values(asked.field)
    value = asked.values[0]
    if asked.op == "exists":
        return bool(values) == (value == "true")
    if asked.op in ("eq", "in"):
        return bool(set(values) & set(asked.values))
    if asked.op == "prefix":
        return any(each.startswith(value) for each in values)
    low = asked.op == "gte"
    if asked.field == "size":
        return any(int(each) >= int(value) if low else int(each) <= int(value) for each in values)
    if asked.field.endswith("date"):
        starts = [instant(each, last=False) for each in values]
        return any(s >= instant(value, last=False) if low else s <= instant(value, last=True) for s in starts)
    return any(each >= value if low else each <= value for each in values)


def is_true_on(record: Plain, day: date) -> bool:
    start, end = record.item.get("start-date"), record.item.get("end-date")
    begun = not start or instant(start, last=False)[:10] <= day.isoformat()
    return begun and (not end or instant(end, last=True)[:10] >= day.isoformat())


def rank(record: Plain, words: str) -> tuple[int, int, str] | None:
    name = " ".join(plain_words(record.item.get("name") or record.key))
    asked = " ".join(plain_words(words))
    has = [w for field in ("country", "name", "tags") for value in record.values(field) for w in plain_words(value)]
    if not all(any(each.startswith(word) for each in has) for word in asked.split()):
        return None
    classes = [record.key.lower() == folded(words), name == asked, name.startswith(asked), True]
    return classes.index(True), len(name), record.key


def plain_answer(entries: Sequence[Plain], asked: Question) -> list[Plain]:
    current = list({each.key: each for each in entries}.values())
    kept = [each for each in current if all(keeps(each, condition) for condition in asked.conditions)]
    kept = [each for each in kept if asked.on is None or is_true_on(each, asked.on)]
    if asked.words:
        ranked = [(place, each) for each in kept if (place := rank(each, asked.words))]
        return [each for _, each in sorted(ranked, key=lambda pair: pair[0])]
    by_key = asked.sort.endswith("key")
    return sorted(kept, key=lambda e: e.key if by_key else e.number, reverse=asked.sort.startswith("-"))


# What is held against it


def grown(store: CheckedStore, items: list[dict[str, Any]], cut: int) -> tuple[Register, list[Plain]]:
    """A register of its own with these items, caught up after the first few and at the end."""
    store.checking = False
    name = f"country-{next(_numbers)}"
    register = make(store, name, FIELDS)
    current: dict[str, Any] = {}
    changes = []
    for item in items:
        if current.get(item["country"]) != item:
            current[item["country"]] = item
            changes.append(Change(item["country"], {field: value for field, value in item.items() if value}))
    for part in (changes[:cut], changes[cut:]):
        if part:
            append(store, *part, to=name)
        QUESTIONS.catch_up(store, register)
    return register, [Plain(n, change.key, dict(change.item)) for n, change in enumerate(changes, 1)]


def pages(taken: Any, asked: Question, limit: int) -> Iterator[int]:
    cursor = None
    while True:
        found: Found = search.find(taken, asked, limit, cursor)
        yield from found.numbers
        assert found.cursor is None or found.cursor != cursor
        cursor = found.cursor
        if cursor is None:
            return


@given(
    items=st.lists(ITEMS, max_size=25),
    asked=st.lists(QUESTIONS_ASKED, min_size=6, max_size=6),
    rare=st.sampled_from((0, 2, 2000)),
    batch=st.sampled_from((1, 3, 100)),
    examined=st.sampled_from((1, 50_000)),
)
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # each example fills the same database, so shrinking would only take long
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_answers_are_those_of_a_plain_reading_at_any_size(
    store: CheckedStore, items: list[dict[str, Any]], asked: list[Question], rare: int, batch: int, examined: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "RARE", rare)
        patch.setattr(matching, "FIRST_BATCH", batch)
        patch.setattr(search, "EXAMINED", examined)
        register, entries = grown(store, items, cut=len(items) // 2)
        for n, question in enumerate(asked):
            check(question, definition(fields=FIELDS))
            size = len(entries) if n % 2 else len(entries) * n // len(asked)
            with store.reading() as tx:
                taken = search.indexed(tx, register, str(size))
                wanted = plain_answer(entries[:size], question)
                numbers = [each.number for each in wanted]
                assert list(pages(taken, question, 1000)) == numbers
                assert list(pages(taken, question, 2)) == numbers
                _assert_counts(taken, question, wanted)


def _assert_counts(taken: Any, question: Question, wanted: list[Plain]) -> None:
    assert search.count(taken, question) == (len(wanted), True)
    names = ("tags", "size")
    for name, facet in search.facets(taken, question, names).items():
        plain = Counter(value for record in wanted for value in record.values(name))
        order = int if name == "size" else str
        assert facet.values == sorted(plain.items(), key=lambda pair: (-pair[1], order(pair[0])))
        assert (facet.exact, facet.more) == (True, False)


# One at a time


@pytest.fixture
def lands(store: Store) -> Register:
    """Six countries, and entries that come while pages are read."""
    register = make(store)
    named = {
        "GB": "United Kingdom",
        "US": "United States",
        "UM": "Unity",
        "KI": "Kiribati Union",
        "FR": "France",
        "UN": "Uno",
    }
    append(store, *(country(key, name) for key, name in named.items()))
    QUESTIONS.catch_up(store, register)
    return register


def keys_of(store: Store, register: Register, question: Question, at: str | None = None) -> list[str]:
    with store.reading() as tx:
        taken = search.indexed(tx, register, at)
        return [taken.entry(number).key for number in search.find(taken, question, 100).numbers]


def test_the_best_match_comes_first(store: Store, lands: Register) -> None:
    assert keys_of(store, lands, Question(words="un")) == ["UN", "UM", "US", "GB", "KI"]
    assert keys_of(store, lands, Question(words="UNITED k")) == ["GB"]
    assert keys_of(store, lands, Question(words="k united")) == ["GB"]


@pytest.mark.parametrize("question", [Question(words="un"), Question(sort="key"), Question(), Question(sort="entry")])
def test_pages_are_of_one_state_while_entries_arrive(store: Store, lands: Register, question: Question) -> None:
    whole = keys_of(store, lands, question)
    read: list[str] = []
    cursor = None
    for n in range(len(whole)):
        with store.reading() as tx:
            taken = search.indexed(tx, lands, "6")
            found = search.find(taken, question, 1, cursor)
            read += [taken.entry(number).key for number in found.numbers]
            cursor = found.cursor
        append(store, country(f"A{n}", "Unify"), country("GB", f"Un {n}"))
        QUESTIONS.catch_up(store, lands)
    assert (read, cursor) == (whole, None)


BAD_CURSORS = [
    (), ("a",), (1, 2), (9, 0, "a"), (-1, 0, "a"), (0, "a", 0), (0, 0, 0), (0, 0, "a", 1), (None,), (1.5,),
    (1, 2**61, "a"), (1, -1, "a"), (1, 2**61, "a", 1),
]  # fmt: skip


def test_a_cursor_of_another_question_is_refused(store: Store, lands: Register) -> None:
    with store.reading() as tx:
        taken = search.indexed(tx, lands)
        for cursor in BAD_CURSORS:
            with pytest.raises(Invalid, match="after: .* is not a cursor of this question"):
                search.find(taken, Question(words="un"), 10, cursor)  # type: ignore[arg-type]
            with pytest.raises(Invalid, match="after: .* is not a cursor of this question"):
                search.find_everywhere(tx, "un", 10, cursor[:3])  # type: ignore[arg-type]
        for cursor in [("a",), (1, 2), ()]:
            with pytest.raises(Invalid, match="after: .* is not a cursor of this question"):
                search.find(taken, Question(sort="-entry"), 10, cursor)


NASTY = [
    '"', "'", "un*", "un OR fr", "un NOT x", "NEAR(un, 2)", "un AND", "words:un", "-un", "^un", "(un", "un\\",
    "un & !fr", "un:*", "un <-> fr", "__1", "_united", "a\x00b", "%", "un;DROP TABLE entry", "\ud800",
    "🏴 un", "１", "un" * 99,
]  # fmt: skip


def test_operators_and_quotes_are_only_words(store: Store, lands: Register) -> None:
    for text in NASTY:
        try:
            check(Question(words=text), definition())
        except Invalid:
            continue
        with store.reading() as tx:
            search.find(search.indexed(tx, lands), Question(words=text), 10)
            search.find_everywhere(tx, text, 10)
    assert keys_of(store, lands, Question(words='"un" * - fr')) == keys_of(store, lands, Question(words="__1")) == []
    assert keys_of(store, lands, Question(words="-uno:*")) == ["UN"]


def test_a_suggestion_is_spelt_as_its_record_is(store: Store, lands: Register) -> None:
    append(store, country("CI", "Côte d’Ivoire"), country("XX"))
    QUESTIONS.catch_up(store, lands)
    with store.reading() as tx:
        taken = search.indexed(tx, lands)
        assert search.suggest(taken, "cote d", 5) == [search.Suggestion("CI", "Côte d’Ivoire", 7)]
        assert search.suggest(taken, "x", 5) == [search.Suggestion("XX", "XX", 8)]
        assert len(search.suggest(taken, "u", 2)) == 2


def test_everywhere_is_all_published_registers_in_one_ranking(store: Store, lands: Register) -> None:
    others = [make(store, name) for name in ("land", "draft")]
    for other in others:
        append(store, country("GB", "Uno"), country("A", "United"), country("A", "Unite"), to=other.name)
        QUESTIONS.catch_up(store, other)
    with store.reading() as tx:
        assert search.find_everywhere(tx, "un", 10).records == []
    for name in ("country", "land"):
        lifecycle.publish(store, name)
    land = others[0].id
    ranked = [(lands.id, 6), (land, 1), (land, 3), (lands.id, 3), (lands.id, 2), (lands.id, 1), (lands.id, 4)]
    for limit in (1, 2, 3, 100):
        with store.reading() as tx:
            found = search.find_everywhere(tx, "un", limit)
            read = found.records
            while found.cursor is not None:
                found = search.find_everywhere(tx, "un", limit, found.cursor)
                read += found.records
        assert read == ranked


def test_a_range_that_many_records_keep_is_counted_by_the_index(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    register = make(store, fields=FIELDS)
    append(store, *(country(f"K{n}", size=str(n), tags=["red", f"t{n}"]) for n in range(30)))
    QUESTIONS.catch_up(store, register)
    monkeypatch.setattr(matching, "RARE", 2)
    monkeypatch.setattr(search, "EXAMINED", 10)
    above, tagged = Condition("size", "gte", ("5",)), Condition("tags", "prefix", ("t1",))
    with store.reading() as tx:
        taken = search.indexed(tx, register)
        assert search.count(taken, Question((above,)), 30) == (25, True)
        assert search.count(taken, Question((above,)), 20) == (20, False)
        assert search.count(taken, Question((tagged, above)), 40) == (10, True)
        assert search.facets(taken, Question((above,)), ["tags"], 40)["tags"].values[0] == ("red", 25)


def test_counts_stop_at_the_most_that_was_asked(store: Store, lands: Register) -> None:
    with store.reading() as tx:
        taken = search.indexed(tx, lands)
        assert search.count(taken, Question(), 5) == (5, False)
        assert search.count(taken, Question(), 6) == (6, True)
        assert search.count(taken, Question(words="un"), 4) == (4, False)
        assert search.count(taken, Question(words="un"), 5) == (5, True)
        facet = search.facets(taken, Question(words="un"), ["name"], most=4, values=2)["name"]
        assert (len(facet.values), facet.exact, facet.more) == (2, False, True)
        whole = search.facets(taken, Question(), ["name"], values=6)["name"]
        assert (len(whole.values), whole.exact, whole.more) == (6, True, False)


def test_before_the_first_entry_there_is_nothing_to_find(store: Store) -> None:
    register = make(store)
    for question in (Question(), Question(words="a"), Question((Condition("name", "exists", ("false",)),))):
        assert keys_of(store, register, question) == []
