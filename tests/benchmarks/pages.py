"""What pages cost: how heavy each type of page is when it is first opened, how soon Chromium paints it, how long the
table of a register of 50,000 records takes, and the queue of somebody for whom 10,000 proposals wait.

Pages come from gunicorn, every answer made anew. A weight is of all that Chromium fetches for a page, compressed as it
came, in a browser that has seen nothing yet; the map and its outlines are left out. Times are of requests one by one.
"""

from __future__ import annotations

import shutil
import statistics
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from people import roles
from registers import lifecycle, plan
from registers.batch import NEW, Change
from registers.plan import Header
from registers.store.engine import Store
from review import proposals
from tests.api.pages.visitors import PASSWORD, person
from tests.benchmarks.http import serving
from tests.benchmarks.questions import SMALL, filled
from tests.makers import AUTHORITY, definition

PROPOSED = 10_000
ASKED = 40
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MAP = ("/map.js", "/map.json")
RECORD = "/registers/school/records/1000007"
PUBLIC = (
    *("/", "/search?q=mar", "/registers", "/registers/school", "/registers/school/entries", RECORD, "/nothing"),
    *("/registers/school/quality", "/registers/school/trust", "/registers/tree/proposals", "/new-register"),
    *("/sign-in", "/docs", "/docs/configuration", "/docs/api", "/docs/api/list_records", "/accessibility", "/privacy"),
)
OF_CUSTODIANS = (
    *("/queue", "/my-suggestions", "/account", "/registers/tree/people", "/proposals/1", "/proposals/1/approve"),
    *(f"{RECORD}/suggest", "/registers/school/suggest"),
)


def pages(folder: Path) -> dict[str, float]:
    """The figures; nothing, with a line that says so, without Chromium."""
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        print("Chromium is not here, so no page is measured")
        return {}
    store = filled(folder, SMALL)
    _propose(store)
    cam = person(store, "cam@example.org", "Cam")
    roles.grant(store, roles.Wanted(cam.id, "custodian", "tree"), "benchmark")
    store.close()
    with serving(store.url.render_as_string()) as url, _chromium(program) as browser:
        cookie = _sign_in(browser, url)
        return _weighed(browser, url, cookie) | _timed(url, cookie)


def _propose(store: Store) -> None:
    """Ten thousand proposals, each of a tree that there is not yet."""
    register = lifecycle.create(store, definition("tree", ("tree", "name")), AUTHORITY, "benchmark")
    lifecycle.append(store, "tree", [Change("oak", {"tree": "oak", "name": "Oak"})], AUTHORITY)
    lifecycle.publish(store, "tree")
    header = Header("tree", register.origin, 1, "", "a benchmark")
    for number in range(PROPOSED):
        change = Change(f"T{number}", {"tree": f"T{number}", "name": f"Kind of tree {number}"}, replaces=NEW)
        proposals.submit(store, "".join(plan.lines(header, [change])).encode(), "someone", "It grows here.")


@contextmanager
def _chromium(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def _sign_in(browser: Browser, url: str) -> str:
    """The cookies of the custodian, as a header."""
    context = browser.new_context(base_url=url)
    tab = context.new_page()
    tab.goto("/sign-in")
    tab.get_by_label("E-mail").fill("cam@example.org")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.locator("main").get_by_role("button", name="Sign in").click()
    tab.wait_for_url(lambda place: not place.endswith("/sign-in"))
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in context.cookies())
    context.close()
    return cookie


# In Chromium


def _weighed(browser: Browser, url: str, cookie: str) -> dict[str, float]:
    """The heaviest page and the one that is painted last, by name."""
    seen = {path: _opened(browser, url, path, "") for path in PUBLIC}
    seen |= {path: _opened(browser, url, path, cookie) for path in OF_CUSTODIANS}
    heaviest, latest = (max(seen, key=lambda path, n=n: seen[path][n]) for n in (0, 1))
    return {
        f"the heaviest of {len(seen)} types of page, {heaviest}, kB (want <= 60)": seen[heaviest][0] / 1000,
        f"the last to be painted, {latest}, ms (want <= 1000)": seen[latest][1],
    }


def _opened(browser: Browser, url: str, path: str, cookie: str) -> tuple[float, float]:
    """What a page weighs in bytes, and the milliseconds until something of it is seen."""
    context = browser.new_context(base_url=url)
    pairs = [pair.split("=", 1) for pair in cookie.split("; ") if pair]
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in pairs])
    tab = context.new_page()
    sizes = _listen(context.new_cdp_session(tab))
    tab.goto(path, wait_until="networkidle")
    painted = _painted(tab)
    context.close()
    return sum(sizes.values()), painted


def _listen(session: CDPSession) -> dict[str, float]:
    """The bytes of each thing that is fetched, by request, as it comes; not those of the map."""
    sizes: dict[str, float] = {}
    maps: set[str] = set()

    def begun(event: dict[str, object]) -> None:
        if str(event["request"]["url"]).endswith(MAP):  # type: ignore[index]
            maps.add(str(event["requestId"]))

    def ended(event: dict[str, object]) -> None:
        if event["requestId"] not in maps:
            sizes[str(event["requestId"])] = float(str(event["encodedDataLength"]))

    session.send("Network.enable")
    session.on("Network.requestWillBeSent", begun)
    session.on("Network.loadingFinished", ended)
    return sizes


def _painted(tab: Page) -> float:
    seen = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return float(tab.evaluate(seen))


# Over HTTP


def _timed(url: str, cookie: str) -> dict[str, float]:
    """The medians of the milliseconds that pages of tables take."""
    cursor = _next_page(url, "/queue", cookie)
    return {
        "the table of 50,000 records, p50, ms (want <= 50)": _median(url, "/registers/school", ""),
        "the same, filtered and sorted": _median(url, "/registers/school?where.town.eq=Ely&sort=key", ""),
        "a queue of 10,000, first page, p50, ms (want <= 100)": _median(url, "/queue", cookie),
        "a queue of 10,000, second page, p50, ms (want <= 100)": _median(url, cursor, cookie),
        "all 10,000 proposals of a register, p50, ms": _median(url, "/registers/tree/proposals", cookie),
    }


def _get(url: str, path: str, cookie: str) -> str:
    asked = urllib.request.Request(url + path, headers={"Accept": "text/html", "Cookie": cookie})
    with urllib.request.urlopen(asked) as answer:
        text: str = answer.read().decode()
    return text


def _median(url: str, path: str, cookie: str) -> float:
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        _get(url, path, cookie)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def _next_page(url: str, path: str, cookie: str) -> str:
    """The address that a list leads on to."""
    text = _get(url, path, cookie)
    end = text.index('"', start := text.index(f'"{path}?') + 1)
    return text[start:end].replace("&amp;", "&")
