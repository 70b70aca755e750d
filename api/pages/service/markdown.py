"""Markdown as pages show it: CommonMark with tables, no HTML of its own, the classes of the Design System.

Links between the project's documents become links between their pages; one to a file that has no page becomes plain
text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

CLASSES = {
    "h1": "govuk-heading-l",
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "p": "govuk-body",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "a": "govuk-link",
    "table": "govuk-table",
    "thead": "govuk-table__head",
    "tbody": "govuk-table__body",
    "tr": "govuk-table__row",
    "th": "govuk-table__header",
    "td": "govuk-table__cell",
}
Resolve = Callable[[str], str | None]  # a link's target as it is written → where it leads; None for nowhere
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")


def render(text: str, resolve: Resolve = lambda target: target) -> Markup:
    """The HTML of a text. `resolve` says where its links lead."""
    tokens = _parser().parse(text)
    for token in tokens:
        if token.type == "inline":
            token.children = _linked(token.children or [], resolve)
    _dress(tokens)
    return Markup(_parser().renderer.render(_scrolling(tokens), _parser().options, {}))  # noqa: S704  escaped by it


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("fence", _fence)
    return parser


def _fence(_self: object, tokens: Sequence[Token], place: int, _options: object, _env: object) -> str:
    """Code, which can be scrolled with the keyboard."""
    label = f"Code {sum(token.type == 'fence' for token in tokens[: place + 1])}"
    return Markup('<pre tabindex="0" role="region" aria-label="{}"><code>{}</code></pre>\n').format(
        label, tokens[place].content
    )


def _linked(tokens: Sequence[Token], resolve: Resolve) -> list[Token]:
    """The tokens of a line, with its links leading where they should; links never stand in one another."""
    kept, dropped = [], False
    for token in tokens:
        if token.type == "link_open":
            target = resolve(str(token.attrGet("href") or ""))
            dropped = target is None
            token.attrSet("href", target or "")
        if not (dropped and token.type in ("link_open", "link_close")):
            kept.append(token)
    return kept


def _dress(tokens: Sequence[Token]) -> None:
    """Give elements their classes, and headings an id to link to."""
    taken: set[str] = set()
    for place, token in enumerate(tokens):
        if token.tag in CLASSES and token.nesting == 1:
            token.attrJoin("class", CLASSES[token.tag])
        if token.type == "heading_open":
            token.attrSet("id", _own_id(tokens[place + 1].content, taken))
        if token.type == "th_open":
            token.attrSet("scope", "col")
        _dress(token.children or [])


def _own_id(heading: str, taken: set[str]) -> str:
    wanted = _NOT_IN_ID.sub("-", heading.lower()).strip("-") or "part"
    found = next(each for each in _numbered(wanted) if each not in taken)
    taken.add(found)
    return found


def _numbered(wanted: str) -> Iterator[str]:
    yield wanted
    yield from (f"{wanted}-{n}" for n in range(2, 10_000))


def _scrolling(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, with each table in a box that scrolls by itself, and has a name of its own."""
    boxed, tables = [], 0
    for token in tokens:
        if token.type == "table_open":
            tables += 1
            box = Token("box_open", "div", 1)
            box.attrs = {"class": "scrolling", "tabindex": "0", "role": "region", "aria-label": f"Table {tables}"}
            boxed.append(box)
        boxed.append(token)
        if token.type == "table_close":
            boxed.append(Token("box_close", "div", -1))
    return boxed
