"""What questions cost: search by name, suggestions and filters at 50,000 records and at a million; and what keeping
the answers ready costs an append.

The names are made up of a vocabulary whose words are as unequal as those of real names: the commonest is in a
fifth of them. A search is for the first three letters of two words of a name drawn by chance.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from registers import folding, lifecycle, search, snapshot
from registers.batch import Change
from registers.followers import catch_up
from registers.indexing import QUESTIONS
from registers.opening import open_store
from registers.question import Condition, Question
from registers.register import Authority
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.benchmarks.rows import DEFINITION, TOWNS

SMALL, LARGE = 50_000, 1_000_000
BATCH = 20_000
ASKED = 300
APPENDS = 300
SYLLABLES = (
    "al",
    "ber",
    "cot",
    "den",
    "es",
    "fal",
    "gor",
    "hol",
    "il",
    "jes",
    "kir",
    "lang",
    "mar",
    "nor",
    "os",
    "pen",
)
AUTHORITY = Authority("benchmark")


def vocabulary() -> tuple[list[str], list[float]]:
    """Some four thousand words, and how often each is drawn: the n-th as 1/n."""
    words = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]
    random.Random(1).shuffle(words)
    return words, [1 / n for n in range(1, len(words) + 1)]


def changes(count: int, seed: int = 2) -> Iterator[Change]:
    """Schools with names of two to five words."""
    chosen = random.Random(seed)
    words, weights = vocabulary()
    for number in range(count):
        drawn = dict.fromkeys(chosen.choices(words, weights, k=chosen.randint(2, 5)))
        key = str(1_000_000 + number)
        name = " ".join(drawn).title()
        town = TOWNS[chosen.randrange(len(TOWNS))]
        yield Change(key, {"school": key, "name": name, "town": town, "start-date": f"{1900 + number % 120}-09-01"})


def filled(folder: Path, count: int) -> Store:
    """A store whose register `school` has `count` records, its followers caught up."""
    store = open_store(f"sqlite:///{folder / f'{count}.db'}")
    migrate(store)
    lifecycle.create(store, DEFINITION, AUTHORITY, "benchmark")
    waiting: list[Change] = []
    for change in changes(count):
        waiting.append(change)
        if len(waiting) == BATCH:
            lifecycle.append(store, "school", waiting, AUTHORITY)
            waiting = []
    if waiting:
        lifecycle.append(store, "school", waiting, AUTHORITY)
    lifecycle.publish(store, "school")
    _follow(store)
    return store


def _follow(store: Store) -> None:
    with store.reading() as tx:
        register = snapshot.find_register(tx, "school")
    catch_up(store, [QUESTIONS], register)


def prefixes(count: int, seed: int) -> list[str]:
    """Two words of a name, three letters of each."""
    chosen = random.Random(seed)
    names = [str(change.item["name"]).split() for change in changes(5_000)]
    pairs = (chosen.sample(name, 2) for name in chosen.choices([name for name in names if len(name) > 1], k=count))
    return [" ".join(word[:3] for word in pair) for pair in pairs]


def timed(store: Store, ask: Callable[[snapshot.Snapshot, str], object], texts: list[str]) -> float:
    """The median of the milliseconds that a question takes, a transaction each."""
    times = []
    for text in texts:
        start = time.perf_counter()
        with store.reading() as tx:
            ask(search.indexed(tx, snapshot.find_register(tx, "school"), None), text)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def _search(taken: snapshot.Snapshot, text: str) -> object:
    return search.find(taken, Question(words=text), 20)


def _suggest(taken: snapshot.Snapshot, text: str) -> object:
    return search.suggest(taken, text, 10)


def _filter(taken: snapshot.Snapshot, town: str) -> object:
    return search.find(taken, Question((Condition("town", "eq", (town,)),)), 100)


def append_rates(store: Store) -> tuple[float, float]:
    """Appends of one entry a second: alone, and with the followers caught up each time; turn and turn about."""
    alone = followed = 0.0
    with store.reading() as tx:
        register = snapshot.find_register(tx, "school")
    for number, change in enumerate(changes(2 * APPENDS, seed=3)):
        item = {**change.item, "school": f"A{change.key}"}
        start = time.perf_counter()
        lifecycle.append(store, "school", [Change(f"A{change.key}", item)], AUTHORITY)
        appended = time.perf_counter()
        catch_up(store, [QUESTIONS], register)
        if number % 2:
            followed += time.perf_counter() - start
        else:
            alone += appended - start
    return APPENDS / alone, APPENDS / followed


def questions(folder: Path) -> dict[str, float]:
    """The figures."""
    figures: dict[str, float] = {}
    texts = prefixes(ASKED, seed=4)
    begun = [folding.words_of(text)[0] for text in texts]
    for count, wanted in ((SMALL, 5), (LARGE, 20)):
        store = filled(folder, count)
        figures[f"search, two words, p50 at {count:,}, ms (want <= {wanted})"] = timed(store, _search, texts)
        figures[f"suggest p50 at {count:,}, ms (want <= 5)"] = timed(store, _suggest, begun)
        figures[f"filter, a page of 100, p50 at {count:,}, ms"] = timed(store, _filter, list(TOWNS) * 20)
        alone, followed = append_rates(store)
        figures[f"one entry with followers caught up / without, at {count:,} (want >= 0.5)"] = followed / alone
        store.close()
    return figures
