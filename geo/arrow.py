"""Arrow arrays of text and of NumPy arrays, made from their buffers: `pyarrow.array` would load pandas, where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def texts(values: Sequence[str | None]) -> pa.Array:
    """An array of text; None is null."""
    encoded = [b"" if value is None else value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    missing = np.fromiter((value is None for value in values), np.bool_, len(values))
    buffers = [_validity(~missing), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def text(value: str) -> pa.Scalar:
    """One text, for where Arrow takes it beside an array."""
    return texts([value])[0]


def integers(numbers: NDArray[Any]) -> pa.Array:
    """An array of whole numbers; a negative one is null."""
    values = pa.py_buffer(numbers.astype(np.int32))
    return pa.Array.from_buffers(pa.int32(), len(numbers), [_validity(numbers >= 0), values])


def chosen(values: Sequence[str], numbers: NDArray[Any]) -> pa.Array:
    """The value of each number, as text; null for a negative one."""
    return pa.DictionaryArray.from_arrays(integers(numbers), texts(values)).dictionary_decode()


def floats(column: pa.Array) -> NDArray[np.float64]:
    """A column of numbers as a NumPy array, NaN for null."""
    whole = column.cast(pa.float64(), safe=False)
    found: NDArray[np.float64] = np.frombuffer(whole.buffers()[1], np.float64, len(whole), 8 * whole.offset).copy()
    if whole.null_count:
        valid = np.unpackbits(np.frombuffer(whole.buffers()[0], np.uint8), bitorder="little")
        found[valid[whole.offset : whole.offset + len(whole)] == 0] = np.nan
    return found


def _validity(is_valid: NDArray[np.bool_]) -> pa.Buffer | None:
    return None if is_valid.all() else pa.py_buffer(np.packbits(is_valid, bitorder="little"))
