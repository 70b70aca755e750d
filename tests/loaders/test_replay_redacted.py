"""RSF of v2 is replayed as that of v1 is, and carries what was taken away: a copy has the roots of both versions."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable

import pytest

from loaders.replay import replay
from loaders.rsf_steps import Load
from registers import lifecycle, redaction, snapshot
from registers.entry import REDACTED, Entry, Region
from registers.errors import Conflict, Invalid
from registers.merkle import EMPTY_ROOT
from registers.opening import open_store
from registers.redaction import Wanted
from registers.register import Register
from registers.store.engine import Store
from registers.store.migrations import migrate
from registers.trees import V1, V2
from registers.v1 import rsf as v1_rsf
from registers.v2 import rsf as v2_rsf
from tests.makers import AUTHORITY, OPERATOR, CheckedStore, FixedClock, append, country, entries_of, head_of, make


@pytest.fixture
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Store]:
    """A service of its own, with a register from which values are then taken away."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('source') / 'registers.db'}", FixedClock())
    migrate(store)
    make(store)
    append(store, country("GB", "Jane Doe", citizen_names=["Briton", "Jane"]), country("FR", "France"))
    append(store, country("GB", "Britain"), country("GB", "Jane Doe", start_date="2001"))
    lifecycle.publish(store, "country")
    yield store
    store.close()


def take_away(store: Store, *fields: str, entry: int | None = None) -> None:
    redaction.take_away(store, "country", Wanted("GB", fields, entry), "why", AUTHORITY)


def written(store: Store, sizes: tuple[int, int] = (0, 0), version: object = v2_rsf) -> str:
    """The register from its sizes on, as RSF."""
    with store.reading() as tx:
        state = snapshot.take(tx, snapshot.find_register(tx, "country"))
        tree = V2 if version is v2_rsf else V1
        past = snapshot.take(tx, state.register, str(sizes[0]))
        roots = (past.root(tree) if sizes[0] else EMPTY_ROOT), state.root(tree)
    spans = {Region.METADATA: (sizes[1], state.head.metadata_entries), Region.USER: (sizes[0], state.size)}

    def entries(region: Region) -> Iterable[Entry]:
        after, last = spans[region]
        return snapshot.stream_entries(store, state.register.id, region, after + 1, last)

    regions = [region for region, (after, last) in spans.items() if after < last]
    return "".join(version.write(*roots, regions, entries))  # type: ignore[attr-defined]


def sizes(store: Store) -> tuple[int, int]:
    return head_of(store).entries, head_of(store).metadata_entries


def load(store: Store, text: str) -> Register:
    return replay(store, "country", io.BytesIO(text.encode()), Load(AUTHORITY, OPERATOR)).register


def is_copy(copy: Store, source: Store) -> bool:
    """Whether all that is served and proven is the same, but for the chains, which begin with an origin."""
    same = [each._replace(chain=b"") for each in entries_of(copy)] == [
        each._replace(chain=b"") for each in entries_of(source)
    ]
    heads = [head_of(each) for each in (copy, source)]
    return same and len({(head.v1_root, head.v2_root, head.metadata_root) for head in heads}) == 1


def test_rsf_of_v2_makes_the_register_anew(store: CheckedStore, source: Store) -> None:
    load(store, written(source))
    assert is_copy(store, source)


def test_what_was_taken_away_stays_away_and_the_roots_are_those_of_before(store: CheckedStore, source: Store) -> None:
    before = head_of(source).v1_root
    take_away(source, "name")
    take_away(source, "citizen-names", entry=1)
    load(store, written(source))
    assert is_copy(store, source)
    assert head_of(store).v1_root == before
    assert sum(REDACTED in each.body for each in entries_of(store)) == 2


def test_a_copy_is_told_and_takes_it_away_too(store: CheckedStore, source: Store) -> None:
    load(store, written(source))
    had = sizes(source)
    take_away(source, "name")
    append(source, country("DE", "Germany"))
    load(store, written(source, had))
    assert is_copy(store, source)
    assert json.loads(entries_of(store)[0].body)["name"].startswith(REDACTED)


def test_a_whole_file_onto_a_copy_of_before_takes_it_away_too(store: CheckedStore, source: Store) -> None:
    load(store, written(source, version=v1_rsf))
    take_away(source, "name")
    append(source, country("GB", "Jane Doe", citizen_names=["Briton", "Jane"]))  # the item of entry 1 again
    load(store, written(source))
    assert is_copy(store, source)
    assert load(store, written(source)) == load(store, written(source))


def test_rsf_of_before_goes_on_with_what_a_copy_took_away(store: CheckedStore, source: Store) -> None:
    text, had = written(source, version=v1_rsf), sizes(source)
    load(store, text)
    take_away(store, "name")
    load(store, text)
    append(source, country("DE", "Germany"))
    load(store, written(source, had, v1_rsf))
    assert head_of(store).v1_root == head_of(source).v1_root
    assert sum(REDACTED in each.body for each in entries_of(store)) == 2


def test_one_file_after_the_other_in_one(store: CheckedStore, source: Store) -> None:
    text, had = written(source), sizes(source)
    take_away(source, "name")
    append(source, country("DE", "Germany"))
    load(store, text + written(source, had))
    assert is_copy(store, source)


def test_a_redacted_item_of_which_nothing_is_said_is_refused(store: CheckedStore, source: Store) -> None:
    take_away(source, "name")
    lines = [
        line for line in written(source).splitlines(keepends=True) if "redaction" not in line and '"record"' not in line
    ]
    with pytest.raises(
        Invalid, match="line .*: values were taken out of 1220.*, and no redaction in the file names it"
    ):
        load(store, "".join(lines))


def test_another_history_is_refused(store: CheckedStore, source: Store) -> None:
    load(store, written(source))
    append(store, country("IT", "Italy"))
    append(source, country("DE", "Germany"))
    with pytest.raises(Conflict, match="histories differ"):
        load(store, written(source))
    text = written(source, (5, 7)).replace("1220", "1220" + "0" * 8, 1)
    with pytest.raises((Conflict, Invalid)):
        load(store, text)


def test_a_wrong_root_of_v2_is_refused(store: CheckedStore, source: Store) -> None:
    lines = written(source).splitlines(keepends=True)
    with pytest.raises(Invalid, match="the root hash is 1220.* here, and the file says 12200000"):
        load(store, "".join([*lines[:-1], f"assert-root-hash\t1220{'0' * 64}\n"]))


def test_rsf_of_v1_with_the_mark_of_what_was_taken_away_is_refused(store: CheckedStore, source: Store) -> None:
    text = written(source, version=v1_rsf).replace('"name":"France"', '"name":"' + REDACTED + "0" * 64 + '"')
    with pytest.raises(Invalid, match="a value may not begin with"):
        load(store, text)
