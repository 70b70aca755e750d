"""The documentation: the project's own documents, and the API as `openapi.yaml` describes it, as pages."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from markupsafe import Markup

from api import documentation, paging
from api.blueprint import Answer
from api.caching import Caching
from api.negotiation import JSON, YAML, respond
from api.pages.blueprints import PAGE, blueprint
from api.pages.rendering import page
from api.pages.service import markdown, reference
from api.permissions import Permission
from registers.canonical import canonical_json
from registers.entry import shortened
from registers.errors import NotFound

FOLDER = Path(__file__).resolve().parents[3] / "docs"
GUIDE = "getting-started"
FIRST = (GUIDE, "api-v2", "api-v1")
routes = blueprint("docs", "The documentation")


@routes.resource("/docs", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE)
def show_index() -> Response:
    """List the documents"""
    return page("service/docs.html", documents=documents())


@routes.resource("/docs/<segment:name>", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE)
def show_page(name: str) -> Response:
    """Show a document"""
    found = documents()
    if name not in found:
        raise NotFound(f"there is no document {shortened(name)}")
    text = (FOLDER / f"{name}.md").read_text("utf-8")
    return page("service/document.html", title=found[name], content=markdown.render(text, _resolve))


@routes.resource("/docs/api", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE)
def show_api() -> Response:
    """List the operations of the API"""
    described = _description(_app())
    about = markdown.render(described["info"]["description"])
    return page("service/api.html", about=about, version=described["info"]["version"], tags=reference.by_tag(described))


@routes.resource("/docs/api/<segment:operation>", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE)
def show_operation(operation: str) -> Response:
    """Show an operation of the API"""
    base = request.host_url.rstrip("/") + paging.plain_path("pages-home.show_home").rstrip("/")
    found = reference.operation(_description(_app()), operation, base)
    if found is None:
        raise NotFound(f"the API has no operation {shortened(operation)}")
    return page("service/operation.html", operation=found, about=_markdown(found.about))


@routes.resource(
    "/openapi.json",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=Answer("The description of the API", "", {JSON: ""}),
)
def show_openapi_json() -> Response:
    """Show the description of the API, as JSON"""
    return respond([canonical_json(_description(_app()))])


@routes.resource(
    "/openapi.yaml",
    permission=Permission.PUBLIC,
    caching=Caching.REVALIDATE,
    answer=Answer("The description of the API", "", {YAML: ""}),
)
def show_openapi_yaml() -> Response:
    """Show the description of the API, as YAML"""
    return respond([_yaml(_app())])


@cache
def documents() -> dict[str, str]:
    """The titles of the documents by name, those to read first before the others; none where they are not installed."""
    titles = {path.stem: _title(path) for path in sorted(FOLDER.glob("*.md"))}
    return {name: titles[name] for name in (*FIRST, *titles) if name in titles}


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next(lines, path.stem).lstrip("#").strip()


def _resolve(target: str) -> str | None:
    """Where a link of a document leads from its page."""
    if target.startswith(("https://", "http://", "#", "mailto:")):
        return target
    file, hash, fragment = target.partition("#")
    name = file.removesuffix(".md")
    if file.endswith(".md") and name in documents():
        return paging.full_path("pages-docs.show_page", name=name) + hash + fragment
    if file.endswith("openapi.yaml"):
        return paging.full_path("pages-docs.show_openapi_yaml")
    return None


def _markdown(text: str) -> Markup:
    return markdown.render(text)


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return app


@lru_cache(maxsize=1)
def _description(app: Flask) -> dict[str, Any]:
    return documentation.description(app)


@lru_cache(maxsize=1)
def _yaml(app: Flask) -> str:
    return documentation.as_yaml(_description(app))
