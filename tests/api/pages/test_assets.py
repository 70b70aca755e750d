"""Stylesheet, script and icon: kept for ever under their hash, and free of what only the government's site may show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.pages import assets, unbranding
from registers.errors import Invalid
from tests.api.conftest import Get
from tests.api.pages.conftest import Browse, Page

CSS = (
    '@charset "UTF-8";@font-face{font-family:GDS Transport;src:url(/assets/fonts/light.woff2) format("woff2")}'
    ".a{font-family:GDS Transport,arial,sans-serif}.b{background-image:url(/assets/images/govuk-crest.svg)}\n"
    "/*# sourceMappingURL=govuk-frontend.min.css.map */\n"
)


def package(folder: Path, css: str = CSS) -> Path:
    """A package like npm's govuk-frontend."""
    files = folder / "dist" / "govuk"
    files.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"version": "6.3.0"}))
    (files / "govuk-frontend.min.css").write_text(css)
    (files / "govuk-frontend.min.js").write_text("function initAll(){}//# sourceMappingURL=govuk-frontend.min.js.map\n")
    return folder


def test_what_a_page_names_is_there_and_keeps_for_ever(browse: Browse, sqlite_get: Get) -> None:
    page = Page(browse("/").text)
    named = [each["href"] for each in page.all("link")] + [each["src"] for each in page.all("script")]
    assert len(named) == len(assets.assets())
    for path in named:
        answer = sqlite_get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable, no-transform"
        assert answer.content_type.partition(";")[0] in ("text/css", "text/javascript", "image/svg+xml")


def test_another_version_of_a_file_is_not_there(sqlite_get: Get) -> None:
    assert sqlite_get("/assets/0123456789abcdef/style.css").status_code == 404
    assert sqlite_get("/assets/0123456789abcdef/secret.css").status_code == 404


def test_the_brand_is_taken_out(tmp_path: Path) -> None:
    unbranding.make(package(tmp_path / "package"), tmp_path / "made")
    style, script = ((tmp_path / "made" / name).read_text() for name in (assets.STYLE, assets.SCRIPT))
    assert ".a{font-family:Arial,Helvetica,sans-serif}.b{background-image:none}" in style
    assert style.startswith("/*! govuk-frontend 6.3.0, MIT licence")
    assert [brand for brand in ("GDS Transport", "crest.svg", "crown.", "url(", "@font-face") if brand in style] == []
    assert script.rstrip().endswith("initAll();")
    assert "sourceMappingURL" not in style + script


def test_a_brand_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="still has GDS Transport"):
        unbranding.make(
            package(tmp_path, CSS.replace("GDS Transport,arial", "GDS Transport,Helvetica")), tmp_path / "made"
        )
    with pytest.raises(Invalid, match="no govuk-frontend"):
        unbranding.make(tmp_path / "nowhere", tmp_path / "made")


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert unbranding.main([]) == 2
    assert unbranding.main([str(tmp_path)]) == 1
    assert "no govuk-frontend" in capsys.readouterr().err


def test_what_npm_installed_here_is_without_the_brand() -> None:
    if not (assets.MADE / assets.STYLE).exists():
        pytest.skip("npm's govuk-frontend is not here: make run or make test puts it there")
    style = (assets.MADE / assets.STYLE).read_text()
    assert [brand for brand in ("GDS Transport", "url(", "@font-face") if brand in style] == []
