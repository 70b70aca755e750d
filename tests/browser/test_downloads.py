"""Downloads begun from a register's page, in a real browser: at once, or when the file has been made."""

from __future__ import annotations

import csv
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as pq
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import Site
from tests.browser.test_accessible import violations

PAGE = "/registers/country"


def begun(tab: Page, name: str) -> Download:
    with tab.expect_download() as waiting:
        tab.get_by_role("link", name=name, exact=True).click()
    return waiting.value


def test_a_text_is_downloaded_at_once_under_a_name_that_says_what_it_is(tab: Page, site: Site, tmp_path: Path) -> None:
    tab.goto(PAGE)
    download = begun(tab, "records.csv")
    assert download.suggested_filename.startswith("country-records-20") and download.suggested_filename.endswith(".csv")
    download.save_as(tmp_path / "records.csv")
    with (tmp_path / "records.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with urllib.request.urlopen(f"{site.url}/v1/registers/country/register") as answer:
        assert f'"total-records":{len(rows)},' in answer.read().decode()
    assert {row["name"] for row in rows} >= {"Country number 1", "Country number 59"}


def test_a_file_that_is_not_made_is_waited_for_and_comes_by_itself(tab: Page, site: Site, tmp_path: Path) -> None:
    tab.goto(PAGE)
    tab.get_by_role("link", name="records.parquet", exact=True).click()
    expect(tab.get_by_role("heading", name="records.parquet is being made")).to_be_visible()
    assert violations(tab) == []
    with tab.expect_download() as waiting:
        site.make_files()
    waiting.value.save_as(tmp_path / "records.parquet")
    assert "Country number 7" in pq.read_table(tmp_path / "records.parquet")["name"].to_pylist()


def test_what_is_made_is_downloaded_at_once(tab: Page, site: Site, tmp_path: Path) -> None:
    tab.goto(PAGE)
    tab.get_by_role("link", name="register.sqlite", exact=True).click()
    expect(tab.get_by_role("heading", name="register.sqlite is being made")).to_be_visible()
    site.make_files()
    tab.goto(PAGE)
    begun(tab, "register.sqlite").save_as(tmp_path / "register.sqlite")
    with closing(sqlite3.connect(tmp_path / "register.sqlite")) as database:
        assert ("Country number 7",) in database.execute("SELECT name FROM records").fetchall()


def test_a_past_state_offers_its_own_files(tab: Page) -> None:
    tab.goto(f"{PAGE}?at=3")
    assert begun(tab, "entries.ndjson").url.endswith("/v2/registers/country/download/3/entries.ndjson")


def test_all_registers_come_in_one_archive(tab: Page, site: Site, tmp_path: Path) -> None:
    tab.goto("/registers")
    tab.get_by_role("link", name="Download all registers in one archive").click()
    expect(tab.get_by_role("heading", name="all.zip is being made")).to_be_visible()
    with tab.expect_download() as waiting:
        site.make_files()
    waiting.value.save_as(tmp_path / "all.zip")
    with ZipFile(tmp_path / "all.zip") as archive:
        assert b"Country number 7" in archive.read("country/records.csv")
    tab.goto("/registers")
    begun(tab, "Download all registers in one archive")
