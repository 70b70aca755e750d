"""What is known of shapes is kept in files: whole, of one state, and never believed when it is damaged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from geo.areas import remembering
from geo.areas.relations import ROW, Rows

DIGEST, ANOTHER, NUMBERING = b"\1" * 32, b"\2" * 32, b"\3" * 32


@pytest.fixture
def indexed(tmp_path: Path) -> Path:
    """The folder of an index, as far as this looks at it."""
    folder = tmp_path / "places" / "7-3-abc"
    folder.mkdir(parents=True)
    return folder


def rows(count: int = 3) -> Rows:
    """Some rows."""
    return np.array([(number, number % 5, number / 7, 1.0) for number in range(count)], ROW)


def the_file(indexed: Path) -> Path:
    (found,) = (indexed.parent / "relations" / indexed.name).iterdir()
    return found


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_what_was_written_is_read(indexed: Path, count: int) -> None:
    assert remembering.read(indexed, NUMBERING, DIGEST) is None
    remembering.write(indexed, NUMBERING, DIGEST, rows(count))
    found = remembering.read(indexed, NUMBERING, DIGEST)
    assert found is not None
    assert found.tolist() == rows(count).tolist()
    assert remembering.read(indexed, NUMBERING, ANOTHER) is None
    assert remembering.read(indexed.with_name("7-4-abd"), NUMBERING, DIGEST) is None
    assert remembering.read(indexed, ANOTHER, DIGEST) is None  # of an index whose shapes have other numbers
    assert [each.name for each in the_file(indexed).parent.iterdir()] == [DIGEST.hex()]


@pytest.mark.parametrize("spoil", ["cut", "empty", "flipped", "longer", "of another shape"])
def test_a_damaged_file_is_none_and_is_written_anew(indexed: Path, spoil: str) -> None:
    remembering.write(indexed, NUMBERING, DIGEST, rows())
    path = the_file(indexed)
    whole = path.read_bytes()
    spoilt = {
        "cut": whole[:-8],
        "empty": b"",
        "flipped": whole[:-1] + bytes([whole[-1] ^ 1]),
        "longer": whole + whole[-32:],
        "of another shape": whole,
    }
    path = path.with_name(ANOTHER.hex()) if spoil == "of another shape" else path
    path.write_bytes(spoilt[spoil])
    digest = bytes.fromhex(path.name)
    assert remembering.read(indexed, NUMBERING, digest) is None
    remembering.write(indexed, NUMBERING, digest, rows())
    found = remembering.read(indexed, NUMBERING, digest)
    assert found is not None
    assert len(found) == 3


def test_what_was_overtaken_is_forgotten(indexed: Path) -> None:
    remembering.write(indexed, NUMBERING, DIGEST, rows())
    later = indexed.with_name("7-4-abd")
    later.mkdir()
    remembering.write(later, NUMBERING, DIGEST, rows())
    assert remembering.read(indexed, NUMBERING, DIGEST) is not None
    indexed.rmdir()
    remembering.write(later, NUMBERING, ANOTHER, rows())
    assert [each.name for each in (indexed.parent / "relations").iterdir()] == [later.name]
    assert len(list((indexed.parent / "relations" / later.name).iterdir())) == 2


def test_where_nothing_can_be_kept_nothing_is(indexed: Path) -> None:
    (indexed.parent / "relations").write_text("a file where the folder would be")
    remembering.write(indexed, NUMBERING, DIGEST, rows())
    assert remembering.read(indexed, NUMBERING, DIGEST) is None


def test_many_may_write_and_read_at_once(indexed: Path) -> None:
    def write_and_read(_: int) -> int:
        remembering.write(indexed, NUMBERING, DIGEST, rows(1000))
        found = remembering.read(indexed, NUMBERING, DIGEST)
        return 0 if found is None else len(found)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write_and_read, range(64))) == {1000}
    assert the_file(indexed).name == DIGEST.hex()
