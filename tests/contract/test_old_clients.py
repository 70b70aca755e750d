"""Old clients: what a program written for `country.register.gov.uk` in 2021 is given on that register's own host here.

The paths are those that it knows, from `/` on; the bytes are the published ones, the literal examples the contract's.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from loaders import replay
from loaders.rsf_steps import Load
from registers.batch import Rules
from registers.opening import open_store
from registers.settings import Settings
from registers.store.engine import Store
from registers.store.migrations import migrate
from tests.makers import AUTHORITY, head_of

Ask = Callable[..., TestResponse]
GOLDEN = ("country", "field", "local-authority-eng", "local-authority-type", "register", "territory")
GB = "sha-256:6b18693874513ba13da54d61aafa7cad0c8f5573f3431d6f1c04b07ddb27d6bb"
ROOT = "sha-256:60413ca01511300395516dcbc4009a26022caa2b690c46ecae12d3cc099f71af"
ENTRY_6 = (
    '[{"index-entry-number":"6","entry-number":"6","entry-timestamp":"2016-04-05T13:23:05Z","key":"GB",'
    f'"item-hash":["{GB}"]}}]'
)
ITEM = (
    '{"citizen-names":"Briton;British citizen","country":"GB","name":"United Kingdom",'
    '"official-name":"The United Kingdom of Great Britain and Northern Ireland"}'
)
SETTINGS = Settings(operator="register.gov.uk", base_domain="register.gov.uk", base_url="https://www.register.gov.uk")


def migrated(folder: Path) -> Store:
    store = open_store(f"sqlite:///{folder / 'registers.db'}")
    migrate(store)
    return store


@pytest.fixture(scope="module")
def folders(shared_data: Path) -> dict[str, Path]:
    """The published files of the golden registers, by name."""
    return {name: shared_data / "govuk-registers" / name for name in GOLDEN}


@pytest.fixture(scope="module")
def published(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that holds them."""
    store = migrated(tmp_path_factory.mktemp("old"))
    for name, folder in folders.items():
        with (folder / "records.rsf").open("rb") as file:
            replay.replay(store, name, file, Load(AUTHORITY, "register.gov.uk", Rules(relaxed=True)))
    yield store
    store.close()


@pytest.fixture(scope="module")
def ask(published: Store) -> Ask:
    """Ask a register's own host for a path."""
    client = create_app(SETTINGS, published).test_client()

    def get(path: str, register: str = "country", **headers: str) -> TestResponse:
        return client.get(path, headers={"Host": f"{register}.register.gov.uk", **headers}, buffered=True)

    return get


@pytest.mark.parametrize("name", GOLDEN)
def test_the_records_are_the_published_bytes(ask: Ask, folders: dict[str, Path], name: str) -> None:
    rows = ask("/records.csv?page-size=5000", name)
    assert rows.data == (folders[name] / "records.csv").read_bytes()
    shown = ask("/records.json?page-size=5000", name)
    assert shown.json == json.loads((folders[name] / "records.json").read_bytes())
    assert (rows.content_type, shown.content_type) == ("text/csv;charset=UTF-8", "application/json")


@pytest.mark.parametrize("name", GOLDEN)
def test_the_client_librarys_one_call_makes_an_equal_register(
    ask: Ask, published: Store, tmp_path: Path, name: str
) -> None:
    """The released client library asks for `/download-rsf/0` and then for what was added after the size it has."""
    copy = migrated(tmp_path)
    for start in ("", "/0"):
        found = ask(f"/download-rsf{start}", name)
        assert (found.status_code, found.content_type) == (200, "application/uk-gov-rsf")
        replay.replay(copy, name, io.BytesIO(found.data), Load(AUTHORITY, "register.gov.uk", Rules(relaxed=True)))
    here, there = head_of(published, name), head_of(copy, name)
    assert (here.v1_root, here.metadata_root, here.chain) == (there.v1_root, there.metadata_root, there.chain)
    size = here.entries
    root = f"assert-root-hash\tsha-256:{here.v1_root.hex()}\n"
    assert ask(f"/download-rsf/{size}", name).text == root
    copy.close()


def test_an_entry_an_item_and_a_record_are_the_literal_examples(ask: Ask) -> None:
    for path in ("/entries/6", "/entries/6.json", "/records/GB/entries"):
        assert ask(path).data == ENTRY_6.encode()
    assert ask(f"/items/{GB}").data == ITEM.encode()
    assert sha256(ask(f"/items/{GB}").data).hexdigest() == GB.removeprefix("sha-256:")
    entry = {"index-entry-number": "6", "entry-number": "6", "entry-timestamp": "2016-04-05T13:23:05Z", "key": "GB"}
    assert ask("/records/GB").json == {"GB": entry | {"item": [json.loads(ITEM)]}}
    assert ask("/entries/6.csv").text == (
        f'index-entry-number,entry-number,entry-timestamp,key,item-hash\r\n6,6,2016-04-05T13:23:05Z,GB,"{GB}"\r\n'
    )
    assert ask(f"/items/{GB}.csv").text.startswith("country,name,official-name,citizen-names,start-date,end-date\r\n")


def test_the_register_says_what_it_said(ask: Ask) -> None:
    shown = ask("/register.json").json
    assert (shown["domain"], shown["total-records"], shown["total-entries"]) == ("register.gov.uk", 199, 210)
    assert (shown["custodian"], shown["last-updated"]) == ("David de Silva", "2019-06-14T14:27:30Z")
    assert shown["register-record"]["fields"][:2] == ["country", "name"]
    assert ask("/register.csv").status_code == 406


def test_the_proofs_are_the_published_ones(ask: Ask) -> None:
    assert ask("/proof/register/merkle:sha-256").json == {
        "proof-identifier": "merkle:sha-256",
        "root-hash": ROOT,
        "total-entries": 210,
    }
    path = ask("/proof/entries/10/200/merkle:sha-256").json
    assert (path["entry-number"], len(path["merkle-audit-path"])) == ("10", 8)
    assert ask("/proof/entry/10/200/merkle:sha-256").headers["Location"] == "/proof/entries/10/200/merkle:sha-256"
    assert ask("/proof/consistency/200/200/merkle:sha-256").json["merkle-consistency-nodes"] == []
    for sizes, status in (("0/10", 400), ("11/10", 400), ("1/211", 400), ("x/10", 404)):
        assert ask(f"/proof/entries/{sizes}/merkle:sha-256").status_code == status


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/records/GB", '</records/GB/entries>; rel="version-history"'),
        ("/records/GB.json", '</records/GB/entries>; rel="version-history"'),
        ("/records", '<?page-index=2&page-size=100>; rel="next"'),
        ("/records?page-index=2", '<?page-index=1&page-size=100>; rel="previous"'),
        ("/records?page-size=5000", None),
        ("/entries", '<?start=101&limit=100>; rel="next"'),
        (
            "/entries?start=101&limit=50",
            '<?start=151&limit=50>; rel="next",<?start=51&limit=50>; rel="previous"',
        ),
        ("/entries.csv?start=111", '<?start=11&limit=100>; rel="previous"'),
        ("/records/GB/entries", None),
    ],
)
def test_links_are_letter_for_letter(ask: Ask, path: str, link: str | None) -> None:
    assert ask(path).headers.get("Link") == link


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/records", "application/json"),
        ("/records/GB.csv", "text/csv;charset=UTF-8"),
        ("/entries.csv", "text/csv;charset=UTF-8"),
        ("/entries/6", "application/json"),
        ("/items/" + GB, "application/json"),
        ("/register", "application/json"),
        ("/download-rsf", "application/uk-gov-rsf"),
        ("/download-register", "application/octet-stream"),
    ],
)
def test_content_types_are_letter_for_letter(ask: Ask, path: str, content_type: str) -> None:
    answer = ask(path, Accept="*/*")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/records?page-size=0", 400),
        ("/records?page-size=5001", 400),
        ("/records?page-size=ten", 400),
        ("/records?page-index=0", 400),
        ("/records?page-index=3", 404),
        ("/entries?start=0", 400),
        ("/entries?limit=5001", 400),
        ("/entries/211", 404),
        ("/entries/six", 404),
        ("/records/XX", 404),
        ("/records/capital/Paris", 404),
        ("/capital/Paris", 404),
        ("/items/sha-256:" + "0" * 64, 404),
        ("/items/sha-256:00", 404),
        ("/download-rsf/211", 400),
        ("/download-rsf/2/1", 400),
        ("/records.tsv", 410),
        ("/records.yaml", 410),
        ("/blobs", 404),
    ],
)
def test_statuses_of_bad_input_are_the_published_ones(ask: Ask, path: str, status: int) -> None:
    answer = ask(path)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_format_nobody_has_is_not_acceptable(ask: Ask) -> None:
    assert ask("/records", Accept="application/xml").status_code == 406
    assert ask("/records", Accept="text/csv").content_type == "text/csv;charset=UTF-8"


def test_a_value_is_found_at_the_oldest_of_its_addresses(ask: Ask) -> None:
    assert ask("/name/France").headers["Location"] == "/records/name/France"
    assert list(ask("/records/name/France").json) == ["FR"]
    assert list(ask("/records/name/Atlantis").json) == []
    for old in ("/country/GB", "/record/GB", "/v1/records/GB", "/records/GB/"):
        assert ask(old).headers["Location"] == "/records/GB"
    assert ask("/register/country", "register").headers["Location"] == "/records/country"
    assert list(ask("/records/country", "register").json) == ["country"]


@pytest.mark.parametrize("path", ["/next/context", "/next/records/GB", "/next/entries/6", "/next/proofs/register"])
def test_version_2_is_at_next(ask: Ask, published: Store, path: str) -> None:
    base = create_app(SETTINGS, published).test_client()
    whole = base.get(f"/v2/registers/country{path.removeprefix('/next')}", headers={"Host": "www.register.gov.uk"})
    own = ask(path)
    assert (own.status_code, own.data) == (200, whole.data)


def test_links_of_version_2_are_below_next(ask: Ask) -> None:
    assert '</next/records/GB/entries>; rel="version-history"' in ask("/next/records/GB").headers["Link"]
    for path in ("/next/records/GB", "/next/records", "/next/entries", "/next/context"):
        assert "/v2/" not in ask(path).headers.get("Link", "")
