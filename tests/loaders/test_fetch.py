"""A file is fetched whole or not at all, from a publisher who breaks off, redirects, changes the file or lies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from loaders import asking
from loaders import fetch as fetching
from loaders.fetch import Expected, Fetched, check_url, fetch
from loaders.partial import Partial
from registers.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable

ONE = bytes(range(256)) * 2_000  # half a megabyte
TWO = ONE[::-1] + b"more"
MODIFIED = "Mon, 23 Nov 2026 10:00:00 GMT"

Answer = Callable[["Handler"], None]


@dataclass
class Publisher:
    """A server with one file. `answers` are given first, one a request; then the file, with ranges and conditions."""

    content: bytes = ONE
    etag: str = '"one"'
    modified: str = ""
    kind: str = "text/csv"
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    def change(self, content: bytes = TWO, etag: str = '"two"') -> None:
        self.content, self.etag = content, etag


class Server(ThreadingHTTPServer):
    """An HTTP server of one publisher's."""

    daemon_threads = True

    def __init__(self, publisher: Publisher) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.publisher = publisher


class Handler(BaseHTTPRequestHandler):
    """Answers for the server's publisher."""

    server: Server

    def do_GET(self) -> None:
        publisher = self.server.publisher
        publisher.asked.append({name.lower(): value for name, value in self.headers.items()})
        publisher.paths.append(self.path)
        answer = publisher.answers.pop(0) if publisher.answers else give
        answer(self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def begin(self, status: int, **headers: str | int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()


def give(handler: Handler, most: int | None = None, ranges: bool = True) -> None:
    """The file as RFC 9110 has it, of which no more than `most` bytes arrive."""
    publisher = handler.server.publisher
    content, asked = publisher.content, publisher.asked[-1]
    known = {"etag": publisher.etag, "last_modified": publisher.modified, "content_type": publisher.kind}
    headers: dict[str, str | int] = {name: value for name, value in known.items() if value}
    if asked.get("if-none-match", "-") == publisher.etag or asked.get("if-modified-since", "-") == publisher.modified:
        return handler.begin(304, **headers)
    first = re.fullmatch(r"bytes=(\d+)-", asked.get("range", ""))
    if ranges and first and asked.get("if-range") in (publisher.etag, publisher.modified):
        start = int(first[1])
        headers["content_range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        handler.begin(206, content_length=len(content) - start, **headers)
        content = content[start:]
    else:
        handler.begin(200, content_length=len(content), **headers)
    handler.wfile.write(content[:most])
    return None


def say(status: int, **headers: str | int) -> Answer:
    """An answer without a body."""
    return lambda handler: handler.begin(status, **headers)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher, served."""
    made = Publisher()
    with Server(made) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_port}/files/x.csv"
        yield made
        server.shutdown()
        thread.join()


@dataclass
class Fetcher:
    """Fetches into a folder; how long it would have slept, and how far it had got, is written down."""

    publisher: Publisher
    folder: Path
    slept: list[float] = field(default_factory=list)
    seen: list[tuple[int, int]] = field(default_factory=list)

    def __call__(
        self, path: str = "", checksum: str | None = None, until: int | None = None, most: int | None = None
    ) -> Fetched:
        """Fetch the publisher's file. `until`: be killed when so many bytes are here."""

        def progress(done: int, total: int) -> None:
            self.seen.append((done, total))
            if until is not None and done >= until:
                raise KeyboardInterrupt

        url = self.publisher.url.replace("/files/x.csv", path) if path else self.publisher.url
        return fetch(url, self.folder, progress, expected=Expected(checksum, most), sleep=self.slept.append)

    def here(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def fetcher(publisher: Publisher, tmp_path: Path) -> Fetcher:
    """A fetcher of the publisher's file, into a folder that is not there yet."""
    return Fetcher(publisher, tmp_path / "fetched" / "files")


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_a_file_is_fetched_and_described(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.modified = MODIFIED
    found = fetcher()
    path = fetcher.folder / "x.csv"
    assert found == Fetched(path, publisher.url, digest(ONE), len(ONE), '"one"', MODIFIED, is_new=True)
    assert path.read_bytes() == ONE
    assert fetcher.seen[-1] == (len(ONE), len(ONE))
    assert fetcher.here() == {"x.csv", "x.csv.whole.json"}
    assert publisher.asked[0]["accept-encoding"] == "identity"


@pytest.mark.parametrize(("etag", "modified"), [('"one"', ""), ("", MODIFIED), ('W/"one"', MODIFIED)])
def test_an_answer_that_breaks_off_is_gone_on_with(
    publisher: Publisher, fetcher: Fetcher, etag: str, modified: str
) -> None:
    publisher.etag, publisher.modified = etag, modified
    publisher.answers = [partial(give, most=200_000), partial(give, most=200_000)]
    assert fetcher().sha256 == digest(ONE)
    first, second = (int(asked["range"][6:-1]) for asked in publisher.asked[1:])
    assert 100_000 < first <= 200_000 < second <= 400_000
    assert {asked["if-range"] for asked in publisher.asked[1:]} == {modified or etag}
    assert [done for done, _ in fetcher.seen] == sorted(done for done, _ in fetcher.seen)
    assert fetcher.slept == [1, 2]


def test_without_anything_that_tells_versions_apart_it_begins_anew(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.etag = ""
    publisher.answers = [partial(give, most=200_000)]
    assert fetcher().sha256 == digest(ONE)
    assert "range" not in publisher.asked[1]
    publisher.answers = [partial(give, most=200_000)] * 6
    with pytest.raises(Unavailable):
        fetcher()
    assert fetcher.here() == {"x.csv", "x.csv.whole.json"}


def test_a_server_that_knows_no_ranges_gives_all_of_it_again(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.answers = [partial(give, most=200_000), partial(give, ranges=False)]
    assert fetcher().sha256 == digest(ONE)


def test_who_is_killed_leaves_what_the_next_one_goes_on_with(publisher: Publisher, fetcher: Fetcher) -> None:
    with pytest.raises(KeyboardInterrupt):
        fetcher(until=200_000)
    assert fetcher.here() == {"x.csv.part", "x.csv.part.json"}
    size = (fetcher.folder / "x.csv.part").stat().st_size
    assert (fetcher.folder / "x.csv.part").read_bytes() == ONE[:size]
    assert fetcher().sha256 == digest(ONE)
    assert publisher.asked[1]["range"] == f"bytes={size}-"
    assert fetcher.here() == {"x.csv", "x.csv.whole.json"}


def test_a_file_that_changed_between_two_parts_is_not_mixed(publisher: Publisher, fetcher: Fetcher) -> None:
    with pytest.raises(KeyboardInterrupt):
        fetcher(until=200_000)
    publisher.change()
    assert fetcher().sha256 == digest(TWO)
    assert publisher.asked[1]["if-range"] == '"one"'


def test_a_server_that_does_not_heed_the_condition_is_found_out(publisher: Publisher, fetcher: Fetcher) -> None:
    def rest_of_two(handler: Handler) -> None:
        start = int(publisher.asked[-1]["range"][6:-1])
        where = f"bytes {start}-{len(TWO) - 1}/{len(TWO)}"
        handler.begin(206, content_length=len(TWO) - start, content_range=where, etag='"two"')
        handler.wfile.write(TWO[start:])

    def two(handler: Handler) -> None:
        publisher.change()
        give(handler)

    publisher.answers = [partial(give, most=200_000), rest_of_two, two]
    assert fetcher().sha256 == digest(TWO)
    assert "range" not in publisher.asked[2]


@pytest.mark.parametrize(
    "answer", [say(206, content_range="bytes 7-9/10", content_length=0), say(416, content_length=0), say(206)]
)
def test_another_part_than_was_asked_for_is_not_taken(publisher: Publisher, fetcher: Fetcher, answer: Answer) -> None:
    publisher.answers = [partial(give, most=200_000), answer]
    assert fetcher().sha256 == digest(ONE)
    assert "range" in publisher.asked[1]
    assert "range" not in publisher.asked[2]


def test_a_part_of_another_url_is_not_gone_on_with(publisher: Publisher, fetcher: Fetcher) -> None:
    with pytest.raises(KeyboardInterrupt):
        fetcher(until=200_000)
    assert fetcher("/others/x.csv").sha256 == digest(ONE)
    assert "range" not in publisher.asked[1]
    fetcher()
    assert "if-none-match" not in publisher.asked[2]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": 1}'])
def test_a_part_that_nothing_is_known_of_is_dropped(publisher: Publisher, fetcher: Fetcher, content: str) -> None:
    fetcher.folder.mkdir(parents=True)
    (fetcher.folder / "x.csv.part").write_bytes(b"of what?")
    (fetcher.folder / "x.csv.part.json").write_text(content)
    (fetcher.folder / "x.csv.whole.json").write_text(content)
    assert fetcher().sha256 == digest(ONE)
    assert "range" not in publisher.asked[0]


def test_a_file_that_keeps_breaking_off_is_given_up_and_stays_in_part(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.answers = [partial(give, most=200_000), *[partial(give, most=0)] * 5]
    with pytest.raises(
        Unavailable, match=rf"x\.csv broke off after 1\d\d,\d{{3}} of {len(ONE):,} bytes, and 5 attempts"
    ):
        fetcher()
    assert fetcher.slept == [1, 2, 4, 8, 16]
    assert fetcher.here() == {"x.csv.part", "x.csv.part.json"}


def test_a_body_without_a_length_is_taken_to_its_end(publisher: Publisher, fetcher: Fetcher) -> None:
    def unmeasured(handler: Handler) -> None:
        handler.begin(200)
        handler.wfile.write(ONE)

    publisher.answers = [unmeasured]
    assert fetcher().sha256 == digest(ONE)
    assert fetcher.seen[0][1] == 0
    assert fetcher.seen[-1] == (len(ONE), len(ONE))


# Conditions


@pytest.mark.parametrize(("etag", "modified"), [('"one"', ""), ('W/"one"', ""), ("", MODIFIED)])
def test_a_file_that_has_not_changed_is_used_as_it_is(
    publisher: Publisher, fetcher: Fetcher, etag: str, modified: str
) -> None:
    publisher.etag, publisher.modified = etag, modified
    first, second = fetcher(), fetcher()
    assert (first.is_new, second.is_new) == (True, False)
    assert second.sha256 == first.sha256 == digest(second.path.read_bytes())
    assert fetcher.here() == {"x.csv", "x.csv.whole.json"}
    assert len(publisher.asked) == 2


def test_a_file_that_has_changed_replaces_the_one_that_is_here(publisher: Publisher, fetcher: Fetcher) -> None:
    fetcher()
    publisher.change()
    found = fetcher()
    assert (found.sha256, found.etag, found.is_new) == (digest(TWO), '"two"', True)
    assert found.path.read_bytes() == TWO


def test_the_old_file_stays_until_the_new_one_is_whole(publisher: Publisher, fetcher: Fetcher) -> None:
    fetcher()
    publisher.change()
    with pytest.raises(KeyboardInterrupt):
        fetcher(until=200_000)
    assert (fetcher.folder / "x.csv").read_bytes() == ONE
    assert fetcher().sha256 == digest(TWO)
    assert publisher.asked[2]["range"] and publisher.asked[2]["if-none-match"] == '"one"'


def test_a_file_that_somebody_changed_here_is_fetched_again(publisher: Publisher, fetcher: Fetcher) -> None:
    fetcher().path.write_bytes(b"mine")
    assert fetcher().path.read_bytes() == ONE
    assert "if-none-match" not in publisher.asked[1]


# Attempts


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again(publisher: Publisher, fetcher: Fetcher, status: int) -> None:
    publisher.answers = [say(status), say(status)]
    assert fetcher().sha256 == digest(ONE)
    assert fetcher.slept == [1, 2]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": 7}, 7),
        ({"retry_after": 10**9}, 120),
        ({"retry_after": "Mon, 23 Nov 2099 10:00:00 GMT"}, 120),
        ({"retry_after": "Mon, 23 Nov 2009 10:00:00 GMT"}, 1),
        ({"retry_after": "soon"}, 1),
        ({"retry_after": "-5"}, 1),
    ],
)
def test_a_server_that_asks_for_time_gets_it_within_bounds(
    publisher: Publisher, fetcher: Fetcher, headers: dict[str, str | int], seconds: float
) -> None:
    publisher.answers = [say(503, **headers)]
    fetcher()
    assert fetcher.slept == [seconds]


def test_a_server_that_stays_ill_is_given_up(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.answers = [say(503)] * 6
    with pytest.raises(Unavailable, match=r"x\.csv answered 503 \(Service Unavailable\), and 5 attempts before failed"):
        fetcher()
    assert fetcher.here() == set()


def test_a_server_that_is_not_there_is_given_up(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.url = "http://127.0.0.1:1/files/x.csv"
    with pytest.raises(Unavailable, match=r"x\.csv cannot be reached, and 5 attempts"):
        fetcher()
    assert fetcher.slept == [1, 2, 4, 8, 16]


def test_a_server_that_says_nothing_is_not_waited_for(
    publisher: Publisher, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SILENCE", 0.2)

    def hang(handler: Handler) -> None:
        handler.rfile.read(1)  # until the other side gives up

    publisher.answers = [hang]
    assert fetcher().sha256 == digest(ONE)
    assert fetcher.slept == [1]


@pytest.mark.parametrize(
    ("status", "kind", "sentence"),
    [
        (404, NotFound, "x.csv answered 404 .Not Found."),
        (410, NotFound, "x.csv answered 410"),
        (403, Invalid, "x.csv answered 403 .Forbidden."),
        (299, Invalid, "x.csv answered 299"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(
    publisher: Publisher, fetcher: Fetcher, status: int, kind: type[Exception], sentence: str
) -> None:
    publisher.answers = [say(status, content_length=0)]
    with pytest.raises(kind, match=sentence):
        fetcher()
    assert (len(publisher.asked), fetcher.slept, fetcher.here()) == (1, [], set())


# Redirects


def test_redirects_are_followed_and_the_file_keeps_its_first_name(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.answers = [say(302, location="/b"), say(301, location=publisher.url.replace("x.csv", "c"))]
    found = fetcher()
    assert (publisher.paths, found.path.name) == (["/files/x.csv", "/b", "/files/c"], "x.csv")


def test_redirects_without_end_are_not_followed(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.answers = [say(302, location="/files/x.csv")] * 20
    with pytest.raises(Invalid, match=r"x\.csv redirects more than 5 times"):
        fetcher()
    assert len(publisher.asked) == 6


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("file:///etc/passwd", "is no URL of a file"),
        ("ftp://example.org/x", "is no URL of a file"),
        ("http://me:secret@example.org/x", "holds no user name and no password"),
        ("", "redirects to nowhere"),
    ],
)
def test_a_redirect_goes_to_http_only(publisher: Publisher, fetcher: Fetcher, location: str, sentence: str) -> None:
    publisher.answers = [say(302, location=location)]
    with pytest.raises(Invalid, match=sentence):
        fetcher()


def test_a_redirect_does_not_leave_tls() -> None:
    with pytest.raises(Invalid, match="anybody on the way could change the file"):
        fetching._redirected("https://example.org/x", "http://example.org/x")
    assert fetching._redirected("https://example.org/x", "/y") == "https://example.org/y"


# What is not the file


def test_a_page_is_not_taken_for_a_file(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.kind = "Text/HTML; charset=utf-8"
    with pytest.raises(Invalid, match=r"x\.csv answered with a page \(text/html\) where a file was expected"):
        fetcher()
    assert fetcher.here() == set()


def test_a_file_with_a_wrong_checksum_is_thrown_away(publisher: Publisher, fetcher: Fetcher) -> None:
    with pytest.raises(Invalid, match=rf"its SHA-256 is {digest(ONE)}, not {digest(TWO)}; it was thrown away"):
        fetcher(checksum=digest(TWO))
    assert fetcher.here() == set()
    assert fetcher(checksum=digest(ONE).upper()).sha256 == digest(ONE)
    with pytest.raises(Invalid, match="it was thrown away"):
        fetcher(checksum=digest(TWO))
    assert publisher.asked[-1]["if-none-match"] == '"one"'
    assert fetcher.here() == set()


def test_a_file_without_bounds_is_not_fetched(
    publisher: Publisher, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LIMIT", len(ONE) - 1)

    def unmeasured(handler: Handler) -> None:
        handler.begin(200, etag='"one"')
        handler.wfile.write(ONE)

    for answer in (give, unmeasured):
        publisher.answers = [answer]
        with pytest.raises(TooLarge, match=f"has more than {len(ONE) - 1:,} bytes"):
            fetcher()
        assert fetcher.here() == set()


def test_a_file_that_is_longer_than_it_should_be_is_not_read_to_its_end(publisher: Publisher, fetcher: Fetcher) -> None:
    with pytest.raises(TooLarge, match=r"x\.csv has more than its 200,000 bytes"):
        fetcher(most=200_000)
    assert fetcher.here() == set()
    assert fetcher(most=len(ONE)).bytes == len(ONE)


def test_a_file_that_is_just_being_made_is_waited_for(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.answers = [say(202, retry_after=7), say(202, retry_after=7)]
    assert fetcher().sha256 == digest(ONE)
    assert fetcher.slept == [7, 7]


@pytest.mark.parametrize("url", ["", "x.csv", "file:///etc/passwd", "ftp://example.org/x", "https://", "http://[x/"])
def test_what_is_no_url_of_a_file_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="is no URL of a file"):
        check_url(url)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "file"),
        ("/a/x%2Fy%20z.csv?b=c", "y-z.csv"),
        ("/..", "file"),
        ("/.hidden", "hidden"),
        ("/" + "x" * 200 + ".csv", "x" * 96 + ".csv"),
        ("/%C3%B4.csv", "-.csv"),
    ],
)
def test_the_name_of_a_file_stays_in_the_folder(fetcher: Fetcher, path: str, name: str) -> None:
    assert fetcher(path).path == fetcher.folder / name


def test_two_processes_do_not_write_the_same_file(publisher: Publisher, fetcher: Fetcher) -> None:
    fetcher.folder.mkdir(parents=True)
    with (
        Partial(fetcher.folder / "x.csv", publisher.url),
        pytest.raises(Conflict, match=r"another process is fetching x\.csv"),
    ):
        fetcher()
    assert fetcher().sha256 == digest(ONE)


def test_what_is_known_of_a_file_is_written_beside_it(publisher: Publisher, fetcher: Fetcher) -> None:
    fetcher()
    noted = json.loads((fetcher.folder / "x.csv.whole.json").read_text())
    assert noted == {
        "url": publisher.url,
        "sha256": digest(ONE),
        "bytes": len(ONE),
        "etag": '"one"',
        "last_modified": "",
    }
