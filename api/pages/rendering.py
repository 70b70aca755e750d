"""From a template to a page: one strict environment, one security policy, and a page for every problem.

Pages use the components of the GOV.UK Design System, through govuk-frontend-jinja. Templates escape all they are
given; nothing in a page that runs or styles is inline, so that the policy can forbid it. A description in JSON-LD is.
Each language has an environment of its own, in which the templates are compiled with what its catalogue says.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import shapely  # type: ignore[import-untyped]
from flask import Flask, Response, g, request
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader
from markupsafe import Markup

from api import current, languages, paging, problems, security_headers
from api.negotiation import HTML, asked, quality
from api.pages import assets
from api.pages.blueprints import PREFIX
from api.pages.languages import catalogues, compiling, toggle
from api.pages.languages.saying import day, english, gettext, gettext_noop, moment, number, plural
from registers.errors import RegistersError, TooOften

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
COMPONENTS = "govuk_frontend_jinja"
NAVIGATION = (
    (gettext_noop("All registers"), "pages-registers.list_registers"),
    (gettext_noop("Create a register"), "pages-creating.show_form"),
    (gettext_noop("Suggestions"), "pages-queue.show_queue"),
    (gettext_noop("Documentation"), "pages-docs.show_index"),
    (gettext_noop("Your account"), "pages-account.show_account"),
)
FOR_DATA = (
    "/v1",
    "/v2",
    "/ogc",
    "/problems",
    "/healthz",
    "/readyz",
    "/metrics",
)  # what is under these is not for people
END = Markup("</a>")
HIDE, UNHIDE = Markup('<span class="govuk-visually-hidden">'), Markup("</span>")  # for eyes alone
CUT = 300  # characters of a value that a table shows
FORMAT_SUFFIXES = (".json", ".csv")


def page(template: str, status: int = 200, **shown: Any) -> Response:
    """The page that a template makes of what it is shown."""
    language = languages.spoken()
    shown |= {"assets": assets.addresses(), "navigation": _navigation(), "toggle": toggle.choices()}
    content = _environment(language).get_template(template).render(shown, path=paging.full_path)
    g.policy = POLICY
    return Response(content, status, content_type=HTML.content_type, headers={"Content-Language": language})


def register(app: Flask) -> None:
    """Answer problems with pages, where people meet them."""
    app.before_request(_mark)
    app.after_request(_protect)
    app.extensions[problems.PAGE] = problem_page


def _mark() -> None:
    if (request.endpoint or "").startswith(PREFIX):
        g.edition, g.policy = assets.edition(current.settings().languages), POLICY


def _protect(response: Response) -> Response:
    """A page has styles and forms; its 304 says so too, for a cache takes headers from there."""
    if "policy" in g:
        response.headers[security_headers.POLICY] = g.policy
    return response


def problem_page(members: dict[str, Any]) -> Response | None:
    """The page for a problem; None for who would rather have the problem document, and for what is data."""
    endpoint = request.endpoint
    for_people = endpoint.startswith(PREFIX) if endpoint else not request.path.startswith(FOR_DATA)
    accept = request.headers.get("Accept", "")
    if not for_people or quality(accept, HTML.media_type) <= quality(accept, problems.CONTENT_TYPE):
        return None
    response = page("problem.html", members["status"], problem=members)
    response.vary.add("Accept")
    return response


def data_instead(*segments: str) -> Response | None:
    """Where the API has it, for who asked for data and not for a page: 303, with the question as it was."""
    if asked() is HTML:
        return None
    *before, last = segments
    # A suffix is always a format, so a key that ends like one is asked for with another.
    named = f"{last}.{asked().name}" if last.endswith(FORMAT_SUFFIXES) else last
    query = request.query_string.decode("latin-1")
    return see(api_path("v2", *before, named) + (f"?{query}" if query else ""))


def see(path: str) -> Response:
    """What sends a browser on to another address."""
    return Response(status=303, headers={"Location": path}, content_type=HTML.content_type)


def refused(shown: Response, error: RegistersError) -> Response:
    """A page that says why something was refused, with when it may be tried again, if that is why."""
    if isinstance(error, TooOften):
        shown.headers["Retry-After"] = str(error.seconds)
    return shown


def api_path(*segments: str) -> str:
    """The path of a resource of the API, as the caller reaches it."""
    mounted = paging.plain_path("pages-home.show_home").rstrip("/")
    return mounted + "".join(f"/{quote(segment, safe=':')}" for segment in segments)


def _navigation() -> list[dict[str, object]]:
    here = request.url_rule.endpoint if request.url_rule else ""
    return [
        {"text": gettext(text), "href": paging.full_path(endpoint), "current": endpoint == here}
        for text, endpoint in NAVIGATION
    ]


# What templates say things with


@cache
def _environment(language: str) -> Environment:
    components = PrefixLoader({COMPONENTS: PackageLoader(COMPONENTS)})
    loader = ChoiceLoader([PackageLoader("api.pages"), components])
    environment = Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"]
    )
    said = catalogues.translations(language)
    environment.install_gettext_callables(said.gettext, said.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.code_generator_class = compiling.generator_of(said)
    filters = (readable, worded, moment, day, number, cut, apart, plural, with_query, degrees, english)
    filters += (shape_in_words, distance, surface)  # type: ignore[assignment]
    environment.filters |= {each.__name__: each for each in filters}
    # Where an English sentence stands among others.
    in_english = Markup("") if language == catalogues.ENGLISH else Markup(' lang="en"')
    environment.globals |= {"api_path": api_path, "language": language, "in_english": in_english}
    environment.globals |= {"to": to, "end": END, "hide": HIDE, "unhide": UNHIDE}
    return environment


def readable(name: str) -> str:
    """A name as people write it: `start-date` is Start date."""
    text = name.replace("-", " ")
    return text[:1].upper() + text[1:]


def worded(word: str) -> str:
    """One of the words that the service has for its own things, such as a state, as people write it."""
    return gettext(readable(word)) if word else ""  # the empty message is the head of a catalogue


def to(href: str, rel: str = "") -> Markup:
    """The beginning of a link in a sentence, which `end` ends: so the sentence can be said whole."""
    related = Markup(' rel="{}"').format(rel) if rel else Markup("")
    return Markup('<a class="govuk-link" href="{}"{}>').format(href, related)


def cut(value: str, limit: int = CUT) -> str:
    """A value, cut when it is long."""
    return value if len(value) <= limit else f"{value[:limit]}…"


def apart(text: str) -> Markup:
    """A name or a value that stands among other words: written from right to left, it leaves their order alone."""
    return Markup("<bdi>{}</bdi>").format(text)


def with_query(target: str, **parameters: str | None) -> str:
    """A path with those of the parameters that have a value."""
    given = {name: value for name, value in parameters.items() if value}
    return f"{target}?{urlencode(given)}" if given else target


def degrees(angle: float) -> str:
    """An angle to about ten metres."""
    return f"{angle:.4f}"


def distance(metres: float) -> str:
    """A distance, in metres or, from ten kilometres on, in those."""
    return f"{metres:,.0f} m" if metres < 10_000 else f"{metres / 1000:,.1f} km"


def surface(square_metres: float, sign: str = "") -> str:
    """How much ground that is, in square kilometres or, below a hundredth of one, in square metres.

    With the `sign` +, it is told whether it is more or less.
    """
    if abs(square_metres) < 10_000:
        return f"{square_metres:{sign},.0f} m²"
    return f"{square_metres / 1_000_000:{sign},.2f} km²"


def shape_in_words(shape: Any) -> str:
    """What a shape is, in place of its text, which may have millions of digits."""
    kind = shape.geom_type.removeprefix("Multi").lower()
    parts, vertices = shapely.get_num_geometries(shape), shapely.get_num_coordinates(shape)
    return gettext(
        "%(shapes)s with %(pairs)s", shapes=plural(int(parts), kind), pairs=plural(int(vertices), "coordinate pair")
    )
