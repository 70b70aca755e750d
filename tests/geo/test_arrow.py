"""Arrow arrays from buffers are what `pyarrow.array` makes, and loading pandas is not the price."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import arrow


@given(st.lists(st.none() | st.text()))
def test_texts_are_what_pyarrow_makes(values: list[str | None]) -> None:
    made = arrow.texts(values)
    made.validate(full=True)
    assert made.equals(pa.array(values, pa.string()))


@given(st.lists(st.integers(-1, 3)))
def test_chosen_texts_and_integers(numbers: list[int]) -> None:
    values = ["a", "", "é", "d"]
    given, missing = np.array(numbers, np.int64), [number < 0 for number in numbers]
    made = arrow.chosen(values, given)
    made.validate(full=True)
    assert made.to_pylist() == [None if gone else values[number] for number, gone in zip(numbers, missing, strict=True)]
    assert arrow.integers(given).to_pylist() == [None if number < 0 else number for number in numbers]


@given(st.lists(st.none() | st.floats(allow_nan=False)), st.integers(0, 3))
def test_floats_of_a_slice(values: list[float | None], begin: int) -> None:
    column = pa.array(values, pa.float64())
    expected = [np.nan if value is None else value for value in values]
    assert np.array_equal(arrow.floats(column[begin:]), expected[begin:], equal_nan=True)


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(9, 2), pa.string()], ids=str)
def test_floats_of_other_types(kind: pa.DataType) -> None:
    column = pa.array([1, None, 3], pa.int8()).cast(kind)
    assert np.array_equal(arrow.floats(column), [1, np.nan, 3], equal_nan=True)


def test_a_table_is_linked_without_pandas() -> None:
    program = """
import sys
import numpy as np, pyarrow as pa
from geo import arrow, linking
from loaders.passing import text_of
batch = pa.RecordBatch.from_arrays([arrow.texts(["1", "x", None]), arrow.texts(["2", " 3", "4"])], names=["lon", "lat"])
where = linking.where_in(batch.schema.names)
linker = linking.Linker(where, [linking.Target("district", None, 0)], None, lambda names: {})
assert list(linker.link(batch).faults) == [1, 2]
text_of(batch.columns)
assert not {"pandas", "geopandas", "pyogrio"} & set(sys.modules)
"""
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr
