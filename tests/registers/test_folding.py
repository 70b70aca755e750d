"""Text folded, and values in the form that sorts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from registers.folding import FORM_LIMIT, fold, following, highest, lowest, shown, sortable, words_of

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)


def test_case_accents_and_other_marks_are_folded_away() -> None:
    examples = {
        "ÉGLISE": "eglise",
        "e\u0301glise": "eglise",
        "Straße": "strasse",
        "ﬁsh": "fish",
        "Ǆ": "dz",
        "İstanbul": "istanbul",
        "Ａ１": "a1",
        "Ωμέγα": "ωμεγα",
        "": "",
    }
    assert {text: fold(text) for text in examples} == examples


@given(TEXTS)
def test_folding_twice_is_folding_once_and_case_does_not_matter(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert words_of(fold(text)) == words_of(text)


def test_words_are_the_runs_of_letters_and_digits() -> None:
    assert words_of("St. Mary's (C of E)—Nº 9_a") == ["st", "mary", "s", "c", "of", "e", "no", "9", "a"]
    assert words_of(' "*": NEAR(x) - ') == ["near", "x"]
    assert words_of("…") == []
    assert words_of("x" * 100) == ["x" * 60]


@given(st.integers(), st.integers())
def test_integers_sort_as_numbers(one: int, other: int) -> None:
    forms = sortable(str(one), "integer"), sortable(str(other), "integer")
    assert (one < other) == (forms[0] < forms[1])
    assert shown(forms[0], "integer") == str(one)


@given(st.integers(0, 400), st.integers(0, 9), st.integers(0, 400), st.integers(0, 9))
def test_integers_of_very_many_digits_sort_too(digits: int, first: int, others: int, last: int) -> None:
    one, other = -(10**digits) - first, -(10**others) - last
    if max(digits, others) < FORM_LIMIT - 10:
        assert (one < other) == (sortable(str(one), "integer") < sortable(str(other), "integer"))


def test_a_long_value_is_cut_and_still_told_from_others() -> None:
    one, other = "x" * 5000, "x" * 4999 + "y"
    assert sortable(one, "string") != sortable(other, "string")
    assert len(sortable(one, "string")) < 350
    assert sortable(one, "string").startswith("x" * FORM_LIMIT)
    assert shown(sortable(one, "string"), "string") is None
    assert shown("x" * FORM_LIMIT, "string") == "x" * FORM_LIMIT


def test_a_partial_date_goes_from_its_first_to_its_last_moment() -> None:
    within = ["2017", "2017-01", "2017-12-31", "2017-12-31T23:59:59Z"]
    for value in within:
        assert lowest("2017", "datetime") <= sortable(value, "datetime") <= highest("2017", "datetime")
    for value in ("2016", "2016-12-31T23:59:59Z"):
        assert sortable(value, "datetime") < lowest("2017", "datetime")
    for value in ("2018", "2018-01-01"):
        assert sortable(value, "datetime") > highest("2017", "datetime")
    hour = [lowest("2017-08-09T10Z", "datetime"), highest("2017-08-09T10Z", "datetime")]
    assert hour[0] <= sortable("2017-08-09T10:30Z", "datetime") <= hour[1] < sortable("2017-08-09T11Z", "datetime")


@given(TEXTS, TEXTS)
def test_what_begins_with_a_prefix_is_all_between_it_and_what_follows(prefix: str, text: str) -> None:
    end = following(prefix)
    for value in (text, prefix + text):
        assert value.startswith(prefix) == (value >= prefix and (end is None or value < end))


def test_times_sort_by_when_they_begin_whatever_they_leave_out() -> None:
    times = ["2017-08-09", "2017-08-09T10Z", "2017-08-09T10:30Z", "2017-08-09T10:30:15Z", "2017-08-09T11Z", "2017-09"]
    forms = [sortable(each, "datetime") for each in times]
    assert forms == sorted(forms)
    assert [shown(form, "datetime") for form in forms] == times
    assert forms[1] <= highest("2017-08-09T10:30Z", "datetime") < forms[4]
    assert forms[1] < lowest("2017-08-09T10:30Z", "datetime") <= forms[2]
