"""Postcodes as people write them, and those of the register that begin so: held against a look at all of them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import postcodes
from geo.postcodes import LIVE, OUTWARD, POSTCODE, SECTOR, TERMINATED, TO_COME, Postcode, sought
from registers import lifecycle
from registers.batch import Change
from registers.definition import Field
from registers.errors import Invalid, NotFound
from registers.store.engine import Store
from tests.makers import append, make

POSTCODE_FIELDS = tuple(Field(name) for name in ("postcode", "name")) + (
    Field("start-date", "datetime"),
    Field("end-date", "datetime"),
    Field("point", "point"),
)
OUTWARDS = st.from_regex(r"\A(?:[A-Z]{1,2}[0-9][0-9A-Z]?)\Z")
INWARDS = st.from_regex(r"\A[0-9][A-Z]{2}\Z")


def postcode(written: str, **values: str) -> Change:
    """A change of a postcode; the values' names take a hyphen for an underscore."""
    key = written.replace(" ", "")
    return Change(key, {"postcode": key, "name": written, **{n.replace("_", "-"): v for n, v in values.items()}})


# As they are written


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("M1 1AE", POSTCODE, "M1 1AE"),
        ("m11ae", POSTCODE, "M1 1AE"),
        (" m 1\t1 a e ", POSTCODE, "M1 1AE"),
        ("m111ae", POSTCODE, "M11 1AE"),
        ("EC1A1BB", POSTCODE, "EC1A 1BB"),
        ("w1a0ax", POSTCODE, "W1A 0AX"),
        ("gir0aa", POSTCODE, "GIR 0AA"),
        ("m1\u00a01ae", POSTCODE, "M1 1AE"),
        ("M1", OUTWARD, "M1"),
        ("m11", OUTWARD, "M11"),
        ("M 1", OUTWARD, "M1"),
        ("m1 1", SECTOR, "M1 1"),
        ("M11 1", SECTOR, "M11 1"),
        ("m111", SECTOR, "M11 1"),
        ("EC1A", OUTWARD, "EC1A"),
        ("EC1A1", SECTOR, "EC1A 1"),
        ("EC1 1", SECTOR, "EC1 1"),
        ("gir", OUTWARD, "GIR"),
    ],
)
def test_a_postcode_or_its_beginning_is_read_as_people_write_it(text: str, kind: str, written: str) -> None:
    found = sought(text)
    assert (found.kind, found.written) == (kind, written)
    assert found.key == written.replace(" ", "")


@pytest.mark.parametrize(
    "text", ["", " ", "M", "1", "M1 1A", "M1 1AEE", "MAN 1AE", "M1-1AE", "Ｍ1 1AE", "M１", "M1\n1AE;", "ß1", "é1 1AA"]
)
def test_what_is_no_postcode_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"is not a postcode such as M1 1AE, nor how one begins"):
        sought(text)


@given(OUTWARDS, INWARDS)
def test_every_part_that_is_written_with_its_space_is_read_as_that(outward: str, inward: str) -> None:
    assert sought(f"{outward} {inward}") == (POSTCODE, outward, inward)
    assert sought(f"{outward} {inward[0]}".lower()) == (SECTOR, outward, inward[0])
    assert sought(outward) == (OUTWARD, outward, "")


# In the register


WRITTEN = (
    *("M1 1AE", "M1 1AZ", "M1 2ZZ", "M1 9AA", "M11 1AE", "M11 9ZZ", "M1A 1AA", "M10 0AA"),
    *("MK1 1AA", "EC1A 1BB", "EC1 1AA", "W1 1AA", "W1A 1AA", "W11 1AA", "GIR 0AA"),
)


def plant(store: Store) -> None:
    """The register, in another order than that of its keys."""
    make(store, "postcode", POSTCODE_FIELDS)
    append(store, *(postcode(written) for written in WRITTEN[::-1]), to="postcode")
    lifecycle.publish(store, "postcode")


def begun(store: Store, text: str, at: str | None = None) -> list[str]:
    """Those that begin so, as they are written."""
    with store.reading() as tx:
        return [each.written for each in postcodes.postcodes(postcodes.register_at(tx, at, text), sought(text))]


def test_those_that_begin_so_are_those_whose_written_form_does(store: Store) -> None:
    plant(store)
    outwards = {written.split()[0] for written in WRITTEN}
    sectors = {written[:-2] for written in WRITTEN}
    for beginning, end in [(each, " ") for each in outwards] + [(each, "") for each in sectors]:
        expected = [written for written in WRITTEN if written.startswith(beginning + end)]
        assert begun(store, beginning) == sorted(expected, key=lambda written: written.replace(" ", ""))


def test_a_past_state_has_those_that_it_had_as_they_were(store: Store) -> None:
    plant(store)
    append(store, postcode("M1 1AE", end_date="2001-01"), postcode("M1 1AB"), to="postcode")
    size = len(WRITTEN)
    assert begun(store, "M1 1") == ["M1 1AB", "M1 1AE", "M1 1AZ"]
    assert begun(store, "M1 1", str(size)) == ["M1 1AE", "M1 1AZ"]
    with store.reading() as tx:
        ended = [
            postcodes.postcode(postcodes.register_at(tx, at, "M11AE"), "M11AE").status(date(2020, 1, 1))
            for at in (None, str(size))
        ]
    assert ended == [TERMINATED, LIVE]


def test_what_is_not_there_is_not_found(store: Store) -> None:
    with store.reading() as tx, pytest.raises(NotFound, match="no register postcode here to look 'M1' up in"):
        postcodes.register_at(tx, None, "M1")
    plant(store)
    with pytest.raises(NotFound, match="no postcode that begins with M2 5"):
        begun(store, "m2 5")
    with store.reading() as tx, pytest.raises(NotFound):
        postcodes.postcode(postcodes.register_at(tx, None, "M11AA"), "M11AA")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [LIVE, LIVE, LIVE]),
        ({"end-date": "2016-10"}, [LIVE, LIVE, TERMINATED]),
        ({"start-date": "2016-11"}, [TO_COME, TO_COME, LIVE]),
        ({"start-date": "2016-10", "end-date": "2016-10"}, [TO_COME, LIVE, TERMINATED]),
    ],
)
def test_a_postcode_is_live_until_the_end_of_its_last_month(values: dict[str, str], expected: list[str]) -> None:
    days = [date(2016, 9, 30), date(2016, 10, 31), date(2016, 11, 1)]
    assert [Postcode("M11AE", values).status(day) for day in days] == expected


def test_the_middle_is_the_mean_of_those_that_have_a_position() -> None:
    assert postcodes.middle([(-2.0, 53.0), None, (-2.5, 54.0)]) == (-2.25, 53.5)
    assert postcodes.middle([None]) is None
    assert Postcode("M11AE", {"point": "[-2.25, 53.5]"}).point == (-2.25, 53.5)
    assert Postcode("M11AE", {"point": "sha-256:0"}).point is None
    assert Postcode("M11AE", {}).point is None
