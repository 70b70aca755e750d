"""What templates say is put into them when they are compiled, and is the same as when it is looked up for each page."""

from __future__ import annotations

import pytest
from jinja2 import Environment
from markupsafe import Markup

from api.pages.languages import catalogues, compiling

SHOWN = {"email": "<b>&", "marked": Markup("<b>")}
SOURCES = [
    '{{ gettext("Home") }}',
    '{{ gettext("Home") ~ "<" }}',
    '{% set all = [(gettext("Home"), 1)] %}{{ all[0][0] }}',
    '{% macro said(text) %}<p>{{ text }}</p>{% endmacro %}{{ said(gettext("Home")) }}',
    '{{ gettext("%(email)s, confirmed", email=email) }}',
    '{{ gettext("%(email)s, confirmed", email=marked) if email else gettext("none") }}',
    '{{ gettext("%(email)s, confirmed", email=gettext("none")) }}',
    "{{ gettext(email) }}",
    '{{ gettext("100 %% <em>") }}',
    '{{ ngettext("%(count)s record", "%(count)s records", 2, count=2) }}',
]


def environment(language: str) -> Environment:
    made = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    said = catalogues.translations(language)
    made.install_gettext_callables(said.gettext, said.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_template_says_what_jinja_would_look_up(source: str, language: str) -> None:
    compiled = environment(language)
    compiled.code_generator_class = compiling.generator_of(catalogues.translations(language))
    said = compiled.from_string(source).render(SHOWN)
    assert said == environment(language).from_string(source).render(SHOWN) != ""


def test_what_is_compiled_asks_no_catalogue() -> None:
    compiled = environment("cy")
    compiled.code_generator_class = compiling.generator_of(catalogues.translations("cy"))
    del compiled.globals["gettext"]
    source = '{{ gettext("Home") }} {{ gettext("%(email)s, confirmed", email="a") }}'
    assert compiled.from_string(source).render() == "Hafan a, wedi’i gadarnhau"
