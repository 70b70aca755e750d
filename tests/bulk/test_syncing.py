"""A folder that is synced from a real service is what the service publishes, or what it was before; nothing between."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from bulk import wanted as wishes
from bulk.following import Files
from bulk.forgetting import OldFiles
from bulk.manifest import parse
from bulk.releases import release_of
from bulk.source import Progress, open_source
from bulk.syncing import service as services
from bulk.syncing.copying import Synced, Wanted, copy_register
from bulk.syncing.folder import Copy, held
from bulk.syncing.service import Service, service_at
from bulk.syncing.verifying import check_log
from loaders import asking
from registers import lifecycle, naming, redaction, snapshot
from registers.definition import Field
from registers.errors import Conflict, Corrupt, Gone, Invalid, NotFound, TooLarge, Unavailable
from registers.redaction import Wanted as Redact
from registers.register import Register
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from registers.v2.hashing import text_digest
from tests.makers import AUTHORITY, CheckedStore, FixedClock, append, country
from tests.makers import make as make_register
from tests.servers import serving_here

Environ = dict[str, Any]
Start = Callable[..., object]
CSV = Wanted(["csv"])
MANIFEST = "/download/3/manifest.json"


@contextmanager
def no_bar(_title: str) -> Iterator[Progress]:
    """Progress that nobody watches."""
    yield lambda _done, _total: None


@dataclass
class There:
    """The service, real but for what a test changes on the way: `lies` takes a path, headers and body, and gives them.

    Its worker works whenever the client sleeps.
    """

    store: Store
    files: Path
    lies: Callable[[str, dict[str, str], bytes], tuple[int, dict[str, str], bytes] | None] | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    works: bool = True
    fails: bool = False
    url: str = ""

    def __post_init__(self) -> None:
        self.app = create_app(Settings(bulk_folder=str(self.files)), self.store)

    def __call__(self, environ: Environ, start: Start) -> list[bytes]:
        """Answer, or lie."""
        said: dict[str, Any] = {}
        path = environ["PATH_INFO"]
        if self.lies:
            environ.pop("HTTP_ACCEPT_ENCODING", None)

        def begin(status: str, headers: list[tuple[str, str]], _exception: object = None) -> None:
            said.update(status=status, headers=headers)

        answer = self.app(environ, begin)
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        if self.lies and (lie := self.lies(path, dict(said["headers"]), body)):
            status, headers, body = lie
            kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            said = {"status": f"{status} Changed", "headers": [*kept.items(), ("Content-Length", str(len(body)))]}
        self.asked.append((path, said["status"][:3]))
        start(said["status"], said["headers"])
        return [body]

    def sleep(self, _seconds: float) -> None:
        """The client waits, and the worker makes what is wanted."""
        if self.works:
            assert any(made.error for made in Files(self.files, []).make_wanted(self.store)) == self.fails

    def service(self) -> Service:
        """As the client knows it."""
        return service_at(self.url, self.sleep)


@dataclass
class Client:
    """Who syncs."""

    there: There
    root: Path

    def sync(self, wanted: Wanted = CSV, bar: Any = no_bar, name: str = "country") -> Synced:
        with held(self.root):
            return copy_register(self.there.service(), Copy(self.root, name), wanted, bar)

    def here(self) -> dict[str, bytes]:
        """What who reads the folder finds."""
        return {path.name: path.read_bytes() for path in (self.root / "country").iterdir()}

    def check(self, *names: str) -> None:
        """What is here is what is there, and there is nothing else."""
        source = open_source(self.there.store, "country")
        folder = release_of(self.there.files, source.register.id, source.state).folder
        here = self.here()
        assert set(here) == {"manifest.json", *names}
        assert all(here[name] == (folder / name).read_bytes() for name in names)
        assert json.loads(here["manifest.json"])["state"]["size"] == source.state.size
        kept = [path.name for path in (self.root / ".sync" / "country").iterdir()]
        assert sorted(kept) == sorted(["state.json", (self.root / "country").readlink().name])


def fill(store: Store) -> None:
    make_register(store)
    append(store, country("A", "Alpha"), country("B", "Beta"), country("A", "Alpha again"))
    lifecycle.publish(store, "country")


@pytest.fixture
def there(sqlite_store: Store, tmp_path: Path) -> Iterator[There]:
    fill(sqlite_store)
    made = There(sqlite_store, tmp_path / "there")
    with serving_here(made) as made.url:
        yield made


@pytest.fixture
def client(there: There, tmp_path: Path) -> Client:
    return Client(there, tmp_path / "here")


# What is synced


def test_a_folder_becomes_what_the_service_publishes_and_stays_up_to_date(there: There, client: Client) -> None:
    first = client.sync()
    assert first.new == ["records.csv", "entries.csv"]
    client.check("records.csv", "entries.csv")
    append(there.store, country("C", "Gamma"))
    assert client.sync().told.size == 4
    client.check("records.csv", "entries.csv")


def test_who_is_up_to_date_asks_twice_and_reads_nothing(there: There, client: Client) -> None:
    client.sync()
    there.asked.clear()
    assert client.sync().new == []
    assert [status for _, status in there.asked] == ["302", "304"]


@pytest.mark.parametrize(
    "suffix", ["rsf", "rsf.gz", "rsf.zst", "rsf-v1", "rsf-v1.gz", "parquet", "sqlite", "ndjson.zst"]
)
def test_every_kind_of_file_is_made_and_synced(client: Client, suffix: str) -> None:
    synced = client.sync(Wanted([suffix]))
    assert synced.new and all(name.endswith(suffix) for name in synced.new)
    client.check(*synced.new)


def test_what_a_register_has_nothing_in_is_passed_over(client: Client) -> None:
    assert client.sync(Wanted(["geojson", "gpkg", "csv"])).new == ["records.csv", "entries.csv"]


def test_another_format_of_the_same_state_joins_what_is_here(client: Client) -> None:
    client.sync()
    assert client.sync(Wanted(["csv", "parquet"])).new == ["records.parquet", "entries.parquet"]
    client.check("records.csv", "entries.csv", "records.parquet", "entries.parquet")


def test_a_new_field_or_a_redaction_takes_the_old_files_away(there: There, client: Client) -> None:
    """Both are metadata entries: the size stays, and what is published changes."""
    client.sync()
    before = client.here()["records.csv"]
    lifecycle.add_field(there.store, "country", Field("capital"), AUTHORITY)
    assert client.sync().told.size == 3
    client.check("records.csv", "entries.csv")
    assert client.here()["records.csv"] != before


def test_what_was_taken_away_there_is_nowhere_here(there: There, client: Client) -> None:
    every = Wanted(["csv", "rsf", "rsf.gz", "ndjson", "sqlite", "parquet"])
    client.sync(every)
    redaction.take_away(there.store, "country", Redact("A", ("name",), entry=1), "why", AUTHORITY)
    OldFiles(there.files).catch_up(there.store, _register(there.store))
    client.sync(every)
    client.check(*(f"entries.{suffix}" for suffix in ("csv", "rsf", "rsf.gz", "ndjson", "parquet")), *RECORDS)
    held = [path for path in client.root.rglob("*") if path.is_file() and b'"Alpha"' in path.read_bytes()]
    assert held == []
    with pytest.raises(Gone, match=r"use the file entries\.rsf"):
        client.sync(Wanted(["rsf-v1"]))


RECORDS = ("records.csv", "records.ndjson", "records.parquet", "register.sqlite")


def _register(store: Store) -> Register:
    with store.reading() as tx:
        return snapshot.find_register(tx, "country")


def test_what_was_changed_here_is_put_right(client: Client) -> None:
    client.sync()
    path = client.root / "country" / "records.csv"
    path.write_bytes(path.read_bytes().replace(b"Beta", b"Beat"))
    (client.root / "country" / "entries.csv").unlink()
    (client.root / "country" / "manifest.json").write_text("{}")
    assert client.sync().new == ["records.csv", "entries.csv"]
    client.check("records.csv", "entries.csv")


def test_a_register_that_moves_on_meanwhile_is_synced_as_it_was(there: There, client: Client) -> None:
    @contextmanager
    def meddling(title: str) -> Iterator[Progress]:
        if title.endswith(".csv"):
            append(there.store, country(f"X{len(there.asked)}", "New"))
        yield lambda _done, _total: None

    assert client.sync(bar=meddling).told.size == 3
    sizes = {len((client.root / "country" / "entries.csv").read_bytes().splitlines())}
    assert sizes == {4}
    assert client.sync().told.size == 5
    client.check("records.csv", "entries.csv")


def test_a_download_that_breaks_off_is_gone_on_with(there: There, client: Client) -> None:
    append(there.store, *(country(f"C{n}", f"{n} " * 2000) for n in range(40)))

    @contextmanager
    def breaking_off(title: str) -> Iterator[Progress]:
        def stop(done: int, _total: int) -> None:
            if title == "country entries.csv" and done > 100_000:
                raise KeyboardInterrupt

        yield stop

    with pytest.raises(KeyboardInterrupt):
        client.sync(bar=breaking_off)
    assert not (client.root / "country").exists()
    there.asked.clear()
    client.sync()
    assert ("/v2/registers/country/download/43/entries.csv", "206") in there.asked
    assert not any(path.endswith("records.csv") for path, _ in there.asked), "it is here already"
    client.check("records.csv", "entries.csv")


# What cannot be synced, and leaves what is here as it is


def test_a_file_that_is_not_made_in_time_is_said(there: There, client: Client) -> None:
    there.works = False
    with pytest.raises(Unavailable, match=r"records\.csv is not made there after 0 seconds; it stays asked for"):
        client.sync(Wanted(["csv"], patience=0))
    there.works = True
    there.sleep(0)
    assert client.sync(Wanted(["csv"], patience=0)).new


def test_a_file_that_cannot_be_made_is_said(there: There, client: Client) -> None:
    def forget(_seconds: float) -> None:
        for wish in wishes.waiting(there.files):
            wishes.forget(there.files, wish)

    with held(client.root), pytest.raises(Unavailable, match=r"records\.csv cannot be made there"):
        copy_register(service_at(there.url, forget), Copy(client.root, "country"), CSV, no_bar)


def test_a_register_that_was_renamed_or_retired_is_said(there: There, client: Client) -> None:
    client.sync()
    before = client.here()
    naming.rename(there.store, "country", "land", AUTHORITY)
    with pytest.raises(NotFound, match="the register country is called 'land' there now; sync that"):
        client.sync()
    naming.retire(there.store, "land", "https://example.org/countries")
    with pytest.raises(Gone, match=r"answered 410 \(Gone\): '.*retired"):
        client.sync(name="land")
    with pytest.raises(NotFound, match=r"answered 404 \(Not Found\): \"there is no register 'x'\""):
        client.sync(name="x")
    assert client.here() == before


def test_a_history_that_was_rewritten_is_noticed(there: There, client: Client, tmp_path: Path) -> None:
    client.sync()
    before = client.here()
    other = CheckedStore(f"sqlite:///{tmp_path / 'other.db'}", FixedClock())
    migrate(other)
    make_register(other)
    append(other, *(country(key, "Another") for key in "ABCDE"))
    lifecycle.publish(other, "country")
    there.app = create_app(Settings(bulk_folder=str(tmp_path / "other")), other)
    with pytest.raises(Corrupt, match="the history of country was rewritten there: its 5 entries do not begin with"):
        client.sync()
    assert client.here() == before
    other.close()


def test_a_log_that_has_shrunk_is_noticed(there: There, client: Client) -> None:
    append(there.store, country("C", "Gamma"))
    client.sync()
    there.lies = lambda path, headers, _body: (
        (302, headers | {"Location": path.replace("download/", "download/3/")}, b"")
        if path.endswith("download/manifest.json")
        else None
    )
    with pytest.raises(Corrupt, match="country has 3 entries there, fewer than the 4 that were synced before"):
        client.sync()


def test_two_syncs_into_one_folder_do_not_meet(client: Client) -> None:
    with held(client.root), pytest.raises(Conflict, match="another process syncs into .*here; wait for it"):
        client.sync()


def test_what_is_in_the_way_is_left(client: Client) -> None:
    (client.root / "country").mkdir(parents=True)
    (client.root / "country" / "mine.txt").write_text("mine")
    with pytest.raises(Conflict, match="country is in the way: it is not a link that a sync made"):
        client.sync()
    assert client.here() == {"mine.txt": b"mine"}


def test_a_state_that_cannot_be_read_is_said(client: Client) -> None:
    client.sync()
    (client.root / ".sync/country/state.json").write_text('{"url": 3')
    with pytest.raises(Invalid, match=r"state\.json is not as it was written; take it away to sync country anew"):
        client.sync()
    (client.root / ".sync/country/state.json").unlink()
    assert client.sync().new == []


# Services that lie


def changed(path: str, change: Callable[[dict[str, Any]], object]) -> Callable[..., Any]:
    """A lie about a JSON document."""

    def lie(asked: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes] | None:
        if not asked.endswith(path) or not body.startswith(b"{"):
            return None
        told = json.loads(body)
        change(told)
        return 200, headers, json.dumps(told).encode()

    return lie


def sealed(change: Callable[[dict[str, Any]], object]) -> Callable[..., Any]:
    """A lie in the manifest whose tree is that of what it lists."""

    def seal(told: dict[str, Any]) -> None:
        change(told)
        told["files-root-hash"] = parse(json.dumps(told)).root().hex()

    return changed(MANIFEST, seal)


def _file(told: dict[str, Any], **members: Any) -> None:
    told["files"][-1].update({name.replace("_", "-"): value for name, value in members.items()})


LIES: dict[str, tuple[Callable[..., Any], type[Exception], str]] = {
    "a root of files that is not theirs": (
        changed(MANIFEST, lambda told: _file(told, rows=77)),
        Corrupt,
        "the manifest names the root",
    ),
    "a file twice": (
        sealed(lambda told: told["files"].append(told["files"][0])),
        Corrupt,
        "the manifest names the root",
    ),
    "another register": (
        sealed(lambda told: told["state"].update(register="land")),
        Corrupt,
        "names the register 'land', where 'country' is the state",
    ),
    "another size": (sealed(lambda told: told["state"].update(size=9)), Corrupt, "names the size 9, where 3 is"),
    "another root": (
        sealed(lambda told: told["state"].update({"root-hash": "1220" + "00" * 32})),
        Corrupt,
        "names the root '12200000",
    ),
    "no state": (changed(MANIFEST, lambda told: told.pop("state")), Invalid, "not one of this project's"),
    "a state of other types": (
        changed(MANIFEST, lambda told: told["state"].update(size="3")),
        Invalid,
        "not one of this project's",
    ),
    "a size below nothing": (sealed(lambda told: _file(told, bytes=-1)), Invalid, "not one of this project's"),
    "a hash that is none": (sealed(lambda told: _file(told, sha_256="../../x")), Invalid, "not one of this project's"),
    "a file that is longer": (
        sealed(lambda told: _file(told, bytes=20)),
        TooLarge,
        r"records\.csv has more than its 20 bytes",
    ),
    "a file of another hash": (
        sealed(lambda told: _file(told, sha_256="0" * 64)),
        Invalid,
        r"records\.csv is not the file that was expected",
    ),
    "no JSON": (
        lambda path, headers, _body: (200, headers, b"<p>") if path.endswith(MANIFEST) else None,
        Invalid,
        "not one of this project's",
    ),
    "an answer without end": (
        lambda path, headers, _body: (
            (200, headers, b" " * (services.LIMIT + 1)) if path.endswith("/manifest.json") else None
        ),
        TooLarge,
        "answered with more than 16,777,216 bytes",
    ),
    "another host": (
        lambda path, headers, _body: (
            (302, headers | {"Location": "http://other.example/v2/registers/country/download/3/manifest.json"}, b"")
            if path.endswith("download/manifest.json")
            else None
        ),
        Invalid,
        "leads to 'http://other.example/v2.*which is no state of the register there",
    ),
    "another host for a file": (
        lambda path, headers, _body: (
            (302, headers | {"Location": "http://other.example/records.csv"}, b"")
            if path.endswith("records.csv")
            else None
        ),
        Invalid,
        "other.example.*it is not of 127.0.0.1",
    ),
    "a path elsewhere": (
        lambda path, headers, _body: (
            (302, headers | {"Location": "/v2/registers/country/download/3/../../x/manifest.json"}, b"")
            if path.endswith("download/manifest.json")
            else None
        ),
        Invalid,
        "which is no state of the register there",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_service_that_lies_changes_nothing_here(there: There, client: Client, lie: str) -> None:
    client.sync()
    before = client.here()
    (client.root / ".sync/country/state.json").unlink()
    (client.root / "country/records.csv").unlink()
    before.pop("records.csv")
    there.lies, kind, said = LIES[lie]
    with pytest.raises(kind, match=said):
        client.sync()
    assert client.here() == before
    there.lies = None
    client.sync()
    client.check("records.csv", "entries.csv")


def test_an_rsf_that_does_not_make_the_root_is_not_taken(there: There, client: Client) -> None:
    """The service's files agree with its manifest, and not with its log."""
    client.sync(Wanted(["rsf"]))
    source = open_source(there.store, "country")
    release = release_of(there.files, source.register.id, source.state)
    text = (release.folder / "entries.rsf").read_text()
    for wrong, said in (
        (text.replace("append-entry\tuser\tB", "append-entry\tuser\tC"), "do not make the root of country's state"),
        (text.replace("Beta", "Beat"), "no item before it has the hash that it names"),
        (text[:-30], "cannot be replayed"),
    ):
        shutil.rmtree(client.root)
        shutil.rmtree(release.folder)
        release.add("entries.rsf", 3, partial(_write, content=wrong.encode()))
        with pytest.raises(Corrupt, match=said):
            client.sync(Wanted(["rsf"]))
        assert not (client.root / "country").exists()


def test_a_value_that_is_redacted_there_is_not_kept_here(there: There, client: Client) -> None:
    """The history goes on from the same root, and an RSF in which a digest stands for the value still makes it."""
    wanted = Wanted(["csv", "rsf", "sqlite"])
    before = client.sync(wanted).told
    redaction.take_away(there.store, "country", Redact("B", ("name",)), "why", AUTHORITY)
    after = client.sync(wanted).told
    assert (after.root, after.release != before.release) == (before.root, True)
    client.check("records.csv", "entries.csv", "entries.rsf", "register.sqlite")
    assert b"**REDACTED**" in client.here()["entries.rsf"]
    assert not [path for path in client.root.rglob("*") if path.is_file() and b"Beta" in path.read_bytes()]
    text = client.here()["entries.rsf"].decode()
    path = client.root / "changed.rsf"
    path.write_text(text.replace(text_digest("Beta").hex(), text_digest("Beat").hex()))
    with pytest.raises(Corrupt, match="no item before it has the hash that it names"):
        check_log(path, "entries.rsf", after)


def test_an_rsf_of_v1_cannot_be_had_once_a_value_is_redacted(there: There, client: Client) -> None:
    client.sync(Wanted(["rsf-v1"]))
    redaction.take_away(there.store, "country", Redact("B", ("name",)), "why", AUTHORITY)
    with pytest.raises(Gone, match=r"use the file entries\.rsf"):
        client.sync(Wanted(["rsf-v1"]))


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"x" * 9999, mtime=0)[:30], gzip.compress(b"x", mtime=0)[:15] + b"\0" * 9]
)
def test_a_packed_rsf_that_is_none_is_not_taken(there: There, client: Client, content: bytes) -> None:
    source = open_source(there.store, "country")
    release_of(there.files, source.register.id, source.state).add("entries.rsf.gz", 3, partial(_write, content=content))
    with pytest.raises(Corrupt, match=r"entries\.rsf\.gz of country cannot be replayed"):
        client.sync(Wanted(["rsf.gz"]))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def test_a_list_of_registers_with_names_that_are_none_is_refused(there: There) -> None:
    there.lies = changed("/v2/registers", lambda told: told["registers"][0].update(register="../../etc"))
    with pytest.raises(Invalid, match=r"'\.\./\.\./etc' is not a name"):
        there.service().registers()
    there.lies = changed("/v2/registers", lambda told: told.pop("registers"))
    with pytest.raises(Invalid, match="what is no list of registers"):
        there.service().registers()


@pytest.mark.parametrize("url", ["ftp://x", "x", "http://a:b@example.org", "https://example.org/?q=1"])
def test_what_is_no_url_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        service_at(url)


def test_a_service_that_does_not_answer_is_said(client: Client) -> None:
    client.there.url = "http://127.0.0.1:9"
    slept: list[float] = []
    with held(client.root), pytest.raises(Unavailable, match="127.0.0.1:9/.* cannot be reached, and 5 attempts before"):
        copy_register(service_at(client.there.url, slept.append), Copy(client.root, "country"), CSV, no_bar)
    assert slept == list(asking.DELAYS)


def test_items_of_any_shape_are_replayed(there: There, client: Client) -> None:
    append(
        there.store,
        *(country(f"K{n}", 'x"\\ü🐟', citizen_names=["b", "a"]) for n in range(300)),
    )
    assert client.sync(Wanted(["rsf", "rsf-v1"])).told.size == 303
