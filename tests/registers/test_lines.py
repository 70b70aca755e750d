"""Lines of text from bytes: what is refused is named by its line."""

from __future__ import annotations

import io

import pytest

from registers.errors import Invalid
from registers.lines import LINE_LIMIT, read_lines


class Endless(io.RawIOBase):
    """A stream of one line that goes on; `given` says how much of it was asked for."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self.given += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def lines(content: bytes, whole: bool = True) -> list[tuple[int, str]]:
    return list(read_lines(io.BytesIO(content), whole))


def test_lines_come_numbered_and_without_their_ends() -> None:
    assert lines("a\nü\r\n\nb\n".encode()) == [(1, "a"), (2, "ü"), (3, ""), (4, "b")]


def test_only_a_line_feed_ends_a_line() -> None:
    text = "a\u2028b\x85c\x0bd\re\x1cf"
    assert lines(f"{text}\n".encode()) == [(1, text)]


def test_an_empty_file_has_no_lines() -> None:
    assert lines(b"") == []


def test_a_file_without_a_final_line_feed_is_cut_short() -> None:
    with pytest.raises(Invalid, match="line 2: the file ends in the middle of it"):
        lines(b"a\nb")
    assert lines(b"a\nb", whole=False) == [(1, "a"), (2, "b")]


def test_broken_utf8_is_named_by_line_and_byte() -> None:
    with pytest.raises(Invalid, match="line 2: is not UTF-8 at byte 3"):
        lines(b"a\nbc\xff\n")


def test_half_of_a_surrogate_pair_is_not_utf8() -> None:
    with pytest.raises(Invalid, match="line 1: is not UTF-8"):
        lines(b"\xed\xa0\x80\n")


def test_a_byte_order_mark_is_refused() -> None:
    with pytest.raises(Invalid, match="line 1: the file begins with a byte order mark"):
        lines(b"\xef\xbb\xbfa\n")


def test_a_line_over_the_limit_is_refused_before_it_is_read_whole() -> None:
    endless = Endless()
    with pytest.raises(Invalid, match="line 1: is over 10 MB long"):
        next(read_lines(io.BufferedReader(endless)))
    assert endless.given < LINE_LIMIT + 2**20


def test_a_line_at_the_limit_is_read() -> None:
    content = b"x" * (LINE_LIMIT - 1) + b"\n"
    assert len(lines(content)[0][1]) == LINE_LIMIT - 1
    with pytest.raises(Invalid, match="line 1: is over"):
        lines(b"x" + content)


def test_lines_before_a_bad_one_are_given() -> None:
    reading = read_lines(io.BytesIO(b"a\n\xff\n"))
    assert next(reading) == (1, "a")
    with pytest.raises(Invalid, match="line 2"):
        next(reading)
