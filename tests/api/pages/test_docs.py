"""The documentation: markdown as safe HTML, and every operation of the API with its parameters and examples."""

from __future__ import annotations

from api.pages.service import markdown, reference
from tests.api.pages.conftest import Browse, Page


def test_markdown_becomes_html_with_the_classes_of_the_design_system() -> None:
    html = str(markdown.render("# Title\n\nSome *text*.\n\n- one\n"))
    assert '<h1 class="govuk-heading-l" id="title">Title</h1>' in html
    assert '<p class="govuk-body">Some <em>text</em>.</p>' in html
    assert '<ul class="govuk-list govuk-list--bullet">' in html


def test_html_in_markdown_stays_text() -> None:
    html = str(markdown.render("<script>x</script> [a](javascript:alert(1)) <b onclick=x>y</b>\n\n```\n<i>\n```\n"))
    assert not {"script", "b", "i", "a"} & {tag for tag, _ in Page(html).tags}


def test_links_between_documents_lead_to_their_pages() -> None:
    known = {"there.md": "/docs/there"}
    html = str(markdown.render("[yes](there.md) or [no](gone.md) and `code`", known.get))
    assert Page(html).links == ["/docs/there"]
    assert Page(html).text == "yes or no and code"


def test_headings_tables_and_code_can_be_told_apart() -> None:
    page = Page(str(markdown.render("## A\n\n## A\n\n|x|\n|-|\n|1|\n\n|y|\n|-|\n|2|\n\n```\na\n```\n\n```\nb\n```\n")))
    assert [each["id"] for each in page.all("h2")] == ["a", "a-2"]
    labels = [each["aria-label"] for _, each in page.tags if "aria-label" in each]
    assert labels == ["Table 1", "Table 2", "Code 1", "Code 2"]
    assert {each["scope"] for each in page.all("th")} == {"col"}


def test_every_operation_has_a_page_with_its_parameters_and_examples(browse: Browse) -> None:
    described = browse("/openapi.json").json
    ids = [each.id for operations in reference.by_tag(described).values() for each in operations]
    assert (
        len(ids)
        == len(set(ids))
        == sum(method != "parameters" for path in described["paths"].values() for method in path)
    )
    overview = browse("/docs/api").text
    assert [id for id in ids if f'"/docs/api/{id}"' not in overview] == []
    for id in ids:
        found = reference.operation(described, id, "http://x")
        assert found is not None
        assert found.answers, id
        assert found.curl.startswith("curl ")
        assert "{" not in found.curl.partition("http://x")[2], id


def test_an_operation_says_what_it_is_asked_with(browse: Browse) -> None:
    page = Page(browse("/docs/api/list_records").text)
    assert "curl http://localhost/v1/registers/country/records" in page.text
    assert "page-size query integer, at least 1, at most 5000, by default 100" in page.text
    assert '"name": "United Kingdom"' in page.text
    assert "404 There is no such register" in page.text


def test_a_document_that_is_not_there_is_not_found(browse: Browse) -> None:
    for name in ("none", "..%2FREADME", "%2Fetc%2Fpasswd", "decisions"):
        assert browse(f"/docs/{name}").status_code == 404
