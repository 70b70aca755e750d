"""Lines of text from a stream of bytes, held to what every line-based format here asks: UTF-8, no BOM, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from registers.errors import Invalid

LINE_LIMIT = 10 * 1024 * 1024  # bytes; an item is at most 8 MB
BOM = b"\xef\xbb\xbf"


def read_lines(stream: BinaryIO, whole: bool = True) -> Iterator[tuple[int, str]]:
    """Each line with its number, without its LF or CRLF. `whole` asks that the last line, too, ends with one.

    Raises Invalid, naming the line: broken UTF-8, a byte order mark, a line over the limit, a file cut short.
    """
    number = 0
    while line := stream.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            raise Invalid(f"line {number}: is over {LINE_LIMIT // 2**20} MB long")
        if whole and not line.endswith(b"\n"):
            raise Invalid(f"line {number}: the file ends in the middle of it, without a line feed")
        yield number, _text(number, line.removesuffix(b"\n").removesuffix(b"\r"))


def _text(number: int, line: bytes) -> str:
    if number == 1 and line.startswith(BOM):
        raise Invalid("line 1: the file begins with a byte order mark, which has no place in UTF-8")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"line {number}: is not UTF-8 at byte {error.start + 1}") from None
