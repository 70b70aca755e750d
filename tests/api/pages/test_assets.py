"""Stylesheet, scripts and icon: kept for ever under their hash, free of what only the government's site may show."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from flask import Flask

from api.pages import assets, making
from registers.errors import Invalid
from tests.api.conftest import Get
from tests.api.pages.conftest import Browse, Page

CSS = (
    '@charset "UTF-8";@font-face{font-family:GDS Transport;src:url(/assets/fonts/light.woff2) format("woff2")}'
    ".a{font-family:GDS Transport,arial,sans-serif}.b{background-image:url(/assets/images/govuk-crest.svg)}\n"
    "/*# sourceMappingURL=govuk-frontend.min.css.map */\n"
)


LEAFLET = ".l{color:red}.m{background-image: url(images/layers.png);\n}.v{behavior: url(#default#VML);}"


def packages(folder: Path, css: str = CSS, leaflet: str = LEAFLET) -> Path:
    """A folder of packages like npm's govuk-frontend and leaflet."""
    for name, files, style, script in (
        ("govuk-frontend", "dist/govuk/govuk-frontend.min", css, "function initAll(){}"),
        ("leaflet", "dist/leaflet", leaflet, "window.L={};"),
    ):
        place = folder / name / files
        place.parent.mkdir(parents=True)
        (folder / name / "package.json").write_text(json.dumps({"version": "6.3.0"}))
        place.with_name(f"{place.name}.css").write_text(style)
        place.with_name(f"{place.name}.js").write_text(f"{script}\n//# sourceMappingURL={place.name}.js.map\n")
    return folder


def test_what_a_page_names_is_there_and_keeps_for_ever(browse: Browse, sqlite_app: Flask, sqlite_get: Get) -> None:
    page = Page(browse("/").text)
    named = [each["href"] for each in page.all("link")] + [each["src"] for each in page.all("script")]
    assert len(named) == len(assets.assets().keys() - {assets.MAP})
    with sqlite_app.test_request_context():
        every = set(assets.addresses().values())
    assert set(named) <= every
    for path in every:
        answer = sqlite_get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable, no-transform"
        assert answer.content_type.partition(";")[0] in ("text/css", "text/javascript", "image/svg+xml")


def test_another_version_of_a_file_is_not_there(sqlite_get: Get) -> None:
    assert sqlite_get("/assets/0123456789abcdef/style.css").status_code == 404
    assert sqlite_get("/assets/0123456789abcdef/secret.css").status_code == 404


def test_the_brand_is_taken_out(tmp_path: Path) -> None:
    making.make(packages(tmp_path / "packages"), tmp_path / "made")
    style, script = ((tmp_path / "made" / name).read_text() for name in (assets.STYLE, assets.SCRIPT))
    assert ".a{font-family:Arial,Helvetica,sans-serif}.b{background-image:none}" in style
    assert style.startswith("/*! govuk-frontend 6.3.0, MIT licence")
    assert [brand for brand in ("GDS Transport", "crest.svg", "crown.", "url(", "@font-face") if brand in style] == []
    assert script.rstrip().endswith("initAll();")
    assert "sourceMappingURL" not in style + script


def test_the_map_comes_with_its_notice_and_names_no_other_file(tmp_path: Path) -> None:
    making.make(packages(tmp_path / "packages"), tmp_path / "made")
    style, script = ((tmp_path / "made" / name).read_text() for name in (assets.STYLE, assets.MAP))
    assert "/*! Leaflet 6.3.0, BSD 2-Clause licence" in style
    assert ".l{color:red}.m{" in style
    assert script.startswith("/*! Leaflet 6.3.0, BSD 2-Clause licence")
    assert script.index("window.L={};") < script.index("L.map(element")
    assert "sourceMappingURL" not in script


@pytest.mark.parametrize(
    ("css", "leaflet", "fault"),
    [
        (CSS.replace("GDS Transport,arial", "GDS Transport,Helvetica"), LEAFLET, "still has GDS Transport"),
        (CSS, ".l{list-style: url(images/x.png)}", "names other files"),
    ],
    ids=["brand", "file"],
)
def test_a_package_that_is_not_known_is_refused(tmp_path: Path, css: str, leaflet: str, fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        making.make(packages(tmp_path, css, leaflet), tmp_path / "made")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["govuk-frontend", "leaflet"])
def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert making.main([]) == 2
    shutil.rmtree(packages(tmp_path) / name)
    assert making.main([str(tmp_path)]) == 1
    assert f"no {name}" in capsys.readouterr().err


def test_what_npm_installed_here_is_without_the_brand() -> None:
    if not (assets.MADE / assets.STYLE).exists():
        pytest.skip("npm's govuk-frontend is not here: make run or make test puts it there")
    style = (assets.MADE / assets.STYLE).read_text()
    assert [brand for brand in ("GDS Transport", "url(", "@font-face") if brand in style] == []
