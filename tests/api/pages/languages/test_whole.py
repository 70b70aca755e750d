"""Pages in another language are whole: every sentence is said through the catalogue, or is marked as English.

They are read in a language that nobody speaks, whose catalogue puts each message in brackets. What is not in brackets
then, nor marked as English, and is more than a word, is a sentence that the catalogue has missed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from gettext import NullTranslations
from html.parser import HTMLParser
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from api.app import create_app
from api.pages import rendering
from api.pages.languages import catalogues, saying
from geo.areas.following import Areas
from loaders import quality
from people import bars, passwords, roles
from people.roles import Wanted
from registers import snapshot
from registers.settings import Settings
from tests.api.conftest import fill
from tests.api.pages.conftest import Page
from tests.api.pages.proposing import found, id_of, somebody
from tests.api.pages.test_sign_in_links import BASE, posted
from tests.api.pages.test_where import place
from tests.api.pages.visitors import Visitor, person
from tests.geo.test_areas import follow
from tests.makers import CheckedStore, append, country

BEGIN, END = "⟦", "⟧"
TWO_WORDS = re.compile(r"[A-Za-z]{2,}[,:;]? [A-Za-z]{2,}")
OF_COMPONENTS = re.compile(r"(?:Error:?|Success|Important|Show|Hide|Warning|Menu|Next|Previous|Page \d+)")
FILE = re.compile(r"[\w-]+(?:\.\w+)+")
READ_OUT = (
    "aria-label",
    "alt",
    "title",
    "placeholder",
    "data-suggested",
    "data-nothing",
    "data-zoom-in",
    "data-missing",
)
# What custodians and people wrote, and names.
DATA = (
    "Start date",
    "End date",
    "Official name",
    "Citizen names",
    "United Kingdom",
    "Great Britain",
    "Foreign Office",
    "Foreign & Commonwealth Office",
    "The Gambia",
    "Ann Other",
    "Open Government Licence",
    "British citizen",
    "The French Republic",
)


class Bracketed(NullTranslations):
    """A catalogue that says each message in brackets."""

    def gettext(self, message: str) -> str:
        return f"{BEGIN}{message}{END}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{BEGIN}{msgid1 if n == 1 else msgid2}{END}"


class Unsaid(HTMLParser):
    """The text of a page, and what is read out of it, without what is marked as English and what is code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    @property
    def is_passed_over(self) -> bool:
        return any(passed for _, passed in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in Page.VOID:
            self.open.append((tag, given.get("lang") == "en" or tag in ("code", "script", "pre")))
        if not self.is_passed_over:
            shown = [given.get(name) or "" for name in READ_OUT]
            shown += [value or "" for name, value in attrs if name.startswith("data-i18n")]
            self.words += [f"{BEGIN}{END}".join(shown)]

    def handle_endtag(self, tag: str) -> None:
        if tag not in Page.VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(" " if self.is_passed_over else data)


def unsaid(text: str) -> list[str]:
    """What a page says past the catalogue."""
    left, deep = [], 0
    for each in "".join(Unsaid(text).words):
        deep += (each == BEGIN) - (each == END)
        left.append(each if not deep and each != END else "\n")
    lines = [" ".join(line.split()) for line in "".join(left).replace("\n\n", "\n").split("\n")]
    for each in DATA:
        lines = [line.replace(each, "") for line in lines]
    return [line for line in lines if TWO_WORDS.search(FILE.sub("", line)) or OF_COMPONENTS.fullmatch(line)]


@pytest.fixture(autouse=True)
def _bracketed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Welsh is the language that nobody speaks; what is remembered of it is forgotten before and after."""
    known = catalogues.translations
    monkeypatch.setattr(catalogues, "translations", lambda code: Bracketed() if code == "cy" else known(code))
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    kept = (rendering._environment, saying._moment)
    for each in kept:
        each.cache_clear()
    yield
    for each in kept:
        each.cache_clear()


@pytest.fixture
def app(sqlite_app: Flask, sqlite_store: CheckedStore) -> Flask:
    return spoken_app(sqlite_store)


def spoken_app(store: CheckedStore, **settings: str) -> Flask:
    return create_app(Settings(languages="en,cy", operator="registers.example.org", **settings), store)  # type: ignore[arg-type]


@pytest.fixture
def ann(app: Flask, sqlite_store: CheckedStore) -> Visitor:
    """Somebody who may see all of it."""
    account = person(sqlite_store)
    for role in ("administrator", "custodian"):
        roles.grant(sqlite_store, Wanted(account.id, role, None), "tester")
    visitor = Visitor(app)
    assert visitor.sign_in().status_code == 303
    return visitor


def held(answer: TestResponse, *said: str, status: int = 200) -> None:
    """The answer is a page in that language, which says these things in English and nothing past the catalogue."""
    assert answer.status_code == status, answer.text
    page = Page(answer.text)
    assert page.all("html")[0]["lang"] == "cy"
    assert unsaid(answer.text) == [], answer.request.path
    for each in said:
        assert each in page.text


def test_the_test_sees_what_it_looks_for() -> None:
    said = f"{BEGIN}one {BEGIN}two words{END} three{END}"
    text = f'<p aria-label="not said">{said} of them <span lang="en">is English</span></p>'
    assert unsaid(text) == ["not said", "of them"]


def make(visitor: Visitor, given: dict[str, str]) -> TestResponse:
    return visitor.open("POST", "/cy/new-register", {}, data=given, content_type="multipart/form-data")


def test_making_a_register(ann: Visitor) -> None:
    held(ann.get("/cy/new-register"), "Fill in the form")
    wrong = {"name": "Some Name", "title": "x" * 201, "custodian": "", "tier": "none", "last-confirmed": "never"}
    rows = {"field-0-name": "Bad Name", "field-1-name": "a", "field-2-name": "a", "field-1-datatype": "none"}
    held(make(ann, {**wrong, **rows, "action": "check"}), status=400)
    held(make(ann, {"name": "new", "action": "check"}), status=400)
    good = {"name": "tree", "title": "Trees", "custodian": "Parks", "tier": "ordinary"}
    held(make(ann, {**good, "field-0-name": "tree", "action": "check"}))
    held(make(ann, {**good, "field-0-name": "tree", "action": "create"}), status=400)
    wrong_key = {"field-0-name": "tree", "action": "create", "api-key": "registers_wrong"}
    held(make(ann, {**good, **wrong_key}), status=400)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "tree,,Name,name,1st\n",
        "tree;name\nA;b\n",
        "tree,name\nA\nB,x,y\n",
        "tree,name\nA,x\nA,y\n,z\na b,z\nC.csv,z\n",
        'tree,name\nA,"x\n',
        b"tree,name\nA,\xe9\n",
        b"PK\x03\x04rest",
        ",".join(f"c{n}" for n in range(101)),
        "tree,name\n" + ",x\n" * 30,
    ],
)
def test_making_a_register_of_a_file_that_is_wrong(ann: Visitor, content: str | bytes) -> None:
    file = (io.BytesIO(content.encode() if isinstance(content, str) else content or b""), "list.csv")
    given = {
        "name": "tree",
        "title": "Trees",
        "custodian": "Parks",
        "tier": "ordinary",
        "action": "check",
        "file": file,
    }
    answer = ann.open("POST", "/cy/new-register", {}, data=given, content_type="multipart/form-data")
    held(answer, status=400)


FORM = "/cy/registers/country/suggest/file"


def upload(visitor: Visitor, content: str, action: str = "preview", **given: str) -> TestResponse:
    file = (io.BytesIO(content.encode()), "list.csv")
    sent = {"form-token": visitor.token(FORM), "action": action, "kind": "change", "reason": "Because", **given}
    return visitor.open("POST", FORM, {}, data={**sent, "file": file}, content_type="multipart/form-data")


def test_suggesting_a_file(ann: Visitor) -> None:
    held(ann.get(FORM), "Upload a file with the records")
    seen = upload(ann, "country,name,start-date\nGB,Britain,1707\nIT,Italy,1861\n")
    held(seen, "What machines found", "Things are different now")
    found = upload(ann, "country,name,start-date,end-date\nIT,Italy,1861,1860\n")
    held(found, "it ends before it begins", "You may send it all the same")
    moved = {**Page(seen.text).fields(), "shown": "other", "action": "send"}
    held(ann.open("POST", FORM, {}, data=moved, content_type="multipart/form-data"), status=409)


@pytest.mark.parametrize(
    ("content", "given"),
    [
        ("", {}),
        ("country,name\nGB,Britain\n", {"kind": "", "reason": ""}),
        ("country,name\nGB,Britain\n", {"reason": "x" * 20_000}),
        ("country,name\nGB,United Kingdom\n", {}),
        ("country,start-date\nGB,never\nFR,tomorrow\n", {}),
        ("other,name\nGB,Britain\n", {}),
    ],
)
def test_suggesting_a_file_that_is_wrong(ann: Visitor, content: str, given: dict[str, str]) -> None:
    held(upload(ann, content, **given), status=400)


def test_asking_that_values_be_taken_away(ann: Visitor, sqlite_store: CheckedStore) -> None:
    path = "/cy/registers/country/records/GB/redact"
    append(sqlite_store, country("GB", "Britain"))
    held(ann.get(path), "What other entries say of this record")
    fields = Page(ann.get(path).text).fields()
    for wrong in ({}, {"fields": "name"}, {"fields": "name", "reason": "a\nb"}, {"fields": "none", "reason": "so"}):
        held(ann.post(path, {**fields, "action": "preview", **wrong}), status=400)
    held(ann.post(path, {**fields, "action": "preview", "fields": "name", "reason": "Because"}), "Ask for it")


def test_suggesting_a_change(ann: Visitor, app: Flask, sqlite_store: CheckedStore) -> None:
    for path in ("/cy/registers/country/suggest", "/cy/registers/country/records/GB/suggest"):
        held(ann.get(path))
        fields = Page(ann.get(path).text).fields()
        wrong = {"field-country": "a b", "field-start-date": "never", "field-name": "x" * 10_001, "kind": "none"}
        held(ann.post(path, {**fields, **wrong, "action": "preview"}), status=400)
        held(ann.post(path, {**fields, "action": "preview"}), status=400)
        held(ann.post(path, {**fields, "field-name": "x", "reason": "x" * 20_000, "action": "preview"}), status=400)
    seen = ann.post(path, {**fields, "field-name": "Britain", "kind": "change", "reason": "So", "action": "preview"})
    held(seen, "Check your suggestion")
    sent = ann.post(path, {**Page(seen.text).fields(), "action": "send"})
    here = sent.headers["Location"].partition("?")[0]
    held(ann.get(f"{here}?done=suggested"))
    for path in ("/cy/queue", "/cy/my-suggestions", "/cy/registers/country/proposals"):
        held(ann.get(path))
    for act in ("comment", "evidence"):
        held(ann.send(here, {}, f"{here}/{act}"), status=400)
    held(ann.send(here, {"url": "x y"}, f"{here}/evidence"), "Address: ", status=400)
    cam = somebody(sqlite_store, app, "cam", "custodian")
    held(cam.send(here, {}, f"{here}/reject"), status=400)
    held(cam.get(f"{here}/approve"))
    append(sqlite_store, country("GB", "Great Britain"))
    held(cam.get(here), "This cannot be approved any more")
    approved = cam.send(f"{here}/approve", {"plan": found(sqlite_store).subject.plan})
    held(approved, status=409)


def test_what_a_register_says_of_itself(ann: Visitor) -> None:
    path = "/cy/registers/country/about/suggest"
    held(ann.get(path))
    fields = Page(ann.get(path).text).fields()
    wrong = {"member-title": "", "member-last-confirmed": "never", "new-0-name": "Bad Name", "new-1-name": "name"}
    held(ann.post(path, {**fields, **wrong, "action": "preview"}), status=400)


def test_people(ann: Visitor, app: Flask, sqlite_store: CheckedStore) -> None:
    somebody(sqlite_store, app, "bob")
    bars.bar(sqlite_store, id_of(sqlite_store, "bob"), "country", "tester")
    for path in ("/cy/registers/country/people", "/cy/registers/country/people/barred", "/cy/account"):
        held(ann.get(path))
    people, barred = "/cy/registers/country/people", "/cy/registers/country/people/barred"
    for given in ({"person": "", "role": "reviewer"}, {"person": "nobody", "role": "reviewer"}, {"person": "nobody"}):
        held(ann.send(people, given), status=400)
    for given in ({"person": ""}, {"person": "nobody@example.org"}):
        held(ann.send(barred, given), status=400)
    for given in ({"password": "wrong", "new-password": "another long one"}, {"password": "", "new-password": "short"}):
        held(ann.send("/cy/account", given, "/cy/account/password"), status=400)
    held(ann.get("/cy/account?changed=feed"), "Success")


def test_links_by_mail(sqlite_app: Flask, sqlite_store: CheckedStore) -> None:
    mailing = spoken_app(sqlite_store, smtp_url="smtp://localhost", mail_from="registers@example.org", base_url=BASE)
    visitor = Visitor(mailing, base_url=BASE)
    held(visitor.get("/cy/sign-in"))
    held(visitor.get("/cy/sign-in/link"))
    held(visitor.send("/cy/sign-in/link", {"email": "no"}), status=400)
    held(visitor.send("/cy/sign-in/link", {"email": "eve@example.org"}))
    path = "/cy/registers/country/records/GB/suggest"
    typed = {**Page(visitor.get(path).text).fields(), "kind": "change", "field-name": "Britain", "reason": "So"}
    held(visitor.post(path, {**typed, "action": "preview"}))
    held(visitor.post(path, {**typed, "action": "link", "email": "no"}), status=400)
    ((_, link), *_) = posted(sqlite_store)
    confirm = link.removeprefix(BASE).replace("/confirm", "/cy/confirm", 1)
    held(visitor.get(confirm))
    sealed = {"link": confirm.partition("link=")[2]}
    assert visitor.send(confirm, sealed, "/cy/confirm").status_code == 303
    held(visitor.get("/cy/account"))
    held(visitor.send(confirm, sealed, "/cy/confirm"), status=410)
    held(visitor.get("/cy/unsubscribe?link=none"), status=400)


def test_where_records_are(sqlite_store: CheckedStore, tmp_path: Path) -> None:
    fill(sqlite_store)
    place(sqlite_store)
    follow(sqlite_store, Areas(tmp_path / "places"))
    app = spoken_app(sqlite_store, places_folder=str(tmp_path / "places"))
    for number in range(1, 6):
        held(Visitor(app).get(f"/cy/registers/school/records/{number}"))
    cam = somebody(sqlite_store, app, "cam", "custodian", "school")
    path = "/cy/registers/school/records/1/suggest"
    held(cam.get(path))
    typed = {**Page(cam.get(path).text).fields(), "kind": "change", "reason": "So", "field-point": "[1.5,0.5]"}
    seen = cam.post(path, {**typed, "action": "preview"})
    held(seen, "Longitude, latitude", "In these areas")
    sent = cam.post(path, {**Page(seen.text).fields(), "action": "send"})
    held(cam.get(sent.headers["Location"]))
    for each in ("school", "district"):
        _look(sqlite_store, each)
        held(cam.get(f"/cy/registers/{each}/quality"))


def _look(store: CheckedStore, name: str) -> None:
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        definition = snapshot.read_definition(tx, register)
    assert definition is not None
    quality.report(store, register, definition)


def test_who_is_not_let_in(app: Flask) -> None:
    visitor = Visitor(app)
    held(visitor.send("/cy/sign-in", {"email": "a@example.org", "password": "wrong", "next": ""}), status=400)
    held(visitor.get("/cy/nothing"), status=404)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?q=germ",
        "/registers",
        "/registers/country?where.name.prefix=U",
        "/registers/country/entries",
        "/registers/country/trust",
        "/registers/country/about",
        "/registers/country/quality",
        "/registers/country/records/GB",
        "/accessibility",
        "/privacy",
        "/docs",
        "/docs/api",
        "/docs/api/list_records",
    ],
)
def test_reading(ann: Visitor, path: str) -> None:
    held(ann.get(f"/cy{path}"))


def test_what_a_room_below_says_is_marked_on_a_page_in_another_language_alone(ann: Visitor) -> None:
    given = {"name": "Some Name", "title": "Trees", "custodian": "Parks", "action": "check"}
    marked = re.compile(r'<span lang="en">[^<]*a name[^<]*</span>', re.IGNORECASE)
    welsh = make(ann, given).text
    english = ann.open("POST", "/new-register", {}, data=given, content_type="multipart/form-data").text
    assert len(marked.findall(welsh)) == 2  # at the top, and beside the part
    assert 'lang="en"' in english.partition("<body")[0] and 'lang="en"' not in english.partition("<body")[2]
