"""What growth costs: append rate, inclusion proofs and restart at a million entries, against the same at ten thousand.

Both logs are measured turn and turn about.
"""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

from registers import snapshot, trees
from registers.opening import open_store
from registers.store.engine import Store
from tests.benchmarks.append import BATCH, append_batch, new_store

SMALL, LARGE = 10_000, 1_000_000
ROUNDS = 6
PROOFS = 2_000


def grown(folder: Path, size: int) -> Store:
    """A store whose register has `size` entries."""
    store = new_store(folder, f"{size}.db")
    for first in range(0, size, BATCH):
        append_batch(store, first, min(BATCH, size - first))
    return store


def append_rates(small: list[Store], large: Store) -> float:
    """The rate of the next batches at the large size over that at the small; each small store is used once."""
    of_small = of_large = 0.0
    for number, store in enumerate(small):
        of_small += append_batch(store, SMALL)
        of_large += append_batch(large, LARGE + number * BATCH)
    return of_small / of_large


def proof_time(store: Store, chosen: random.Random) -> float:
    """Seconds that one inclusion proof takes, of an entry drawn by chance, at the head."""
    start = time.perf_counter()
    with store.reading() as tx:
        state = snapshot.take(tx, snapshot.find_register(tx, "school"))
        trees.inclusion_path(tx, state.register.id, trees.V1, chosen.randint(1, state.size), state.size)
    return time.perf_counter() - start


def restart_time(store: Store, first: int) -> float:
    """Seconds from a closed store to the first record read and the first entry appended."""
    store.close()
    start = time.perf_counter()
    opened = open_store(store.url.render_as_string())
    with opened.reading() as tx:
        snapshot.take(tx, snapshot.find_register(tx, "school")).record("100007")
    append_batch(opened, first, 1)
    taken = time.perf_counter() - start
    opened.close()
    return taken


def growth(folder: Path) -> dict[str, float]:
    """The ratios."""
    large = grown(folder, LARGE)
    small = []
    for number in range(ROUNDS):
        place = folder / f"small-{number}"
        place.mkdir()
        small.append(grown(place, SMALL))
    rates = append_rates(small, large)
    chosen = random.Random(1)
    times = [(proof_time(large, chosen), proof_time(small[0], chosen)) for _ in range(PROOFS)]
    of_large, of_small = (statistics.median(column) for column in zip(*times, strict=True))
    firsts = (SMALL + BATCH, LARGE + ROUNDS * BATCH)
    restarts = [(restart_time(large, firsts[1] + n), restart_time(small[0], firsts[0] + n)) for n in range(20)]
    restart_large, restart_small = (statistics.median(column) for column in zip(*restarts, strict=True))
    return {
        "append rate at 10^6 / at 10^4 (want >= 0.8)": rates,
        "inclusion proof p50 at 10^6, ms": of_large * 1000,
        "inclusion proof p50 at 10^6 / at 10^4 (want <= 1.5)": of_large / of_small,
        "restart to first read and append, at 10^6 / at 10^4 (want about 1)": restart_large / restart_small,
    }
