"""In which encoding a text file is: UTF-8, unless it cannot be.

Excel in Britain saves CSV in Windows-1252, and says so nowhere. A file is read through once, before anything is taken
from it: text that is not UTF-8 is practically never UTF-8 by accident, so what decodes as UTF-8 is UTF-8, and what
does not is Windows-1252 if it can be that. A byte order mark settles it; so does whoever names the encoding.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from registers.errors import Invalid

UTF_8, WINDOWS = "utf-8", "cp1252"
MARKS = ((codecs.BOM_UTF8, UTF_8), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
CHUNK = 1 << 20  # bytes
# What Python calls encodings, and no file is in: they spell text in the characters of other text.
SPELLINGS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the bytes of a file become text: past a byte order mark of `skip` bytes, with Python's codec `encoding`."""

    encoding: str
    skip: int
    is_guess: bool = False

    def head(self, path: Path, size: int = CHUNK) -> str:
        """The first `size` bytes as text."""
        with path.open("rb") as file:
            file.seek(self.skip)
            return codecs.getincrementaldecoder(self.encoding)().decode(file.read(size))


def decoding_of(path: Path, name: str, told: str | None = None) -> Decoding:
    """How a file is to be decoded, all of which has been tried.

    Raises Invalid, with the byte and the line, for bytes that are not in the encoding that was told, or not in any
    that is guessed, and for NUL bytes, which no text has.
    """
    with path.open("rb") as file:
        beginning = file.read(3)
    mark, marked = next((each for each in MARKS if beginning.startswith(each[0])), (b"", ""))
    if told is not None:
        codec = _codec(told)
        if codec == "utf-16":
            codec = marked if marked.startswith("utf-16") else "utf-16-le"
        return _settled(path, name, Decoding(codec, len(mark) if marked == codec else 0))
    if marked:
        return _settled(path, name, Decoding(marked, len(mark)))
    fault = _fault(path, name, Decoding(UTF_8, 0))
    if fault is None:
        return Decoding(UTF_8, 0)
    guess = Decoding(WINDOWS, 0, is_guess=True)
    if _fault(path, name, guess) is not None:
        raise Invalid(f"{name} is neither UTF-8 (see {fault}) nor Windows-1252; save it as UTF-8")
    return guess


def _codec(told: str) -> str:
    try:
        codec = codecs.lookup(told).name
        "a".encode(codec)  # what turns bytes into bytes, such as base64, is no encoding of text
        codecs.getincrementaldecoder(codec)
    except (LookupError, ValueError):
        codec = ""
    if not codec or codec.replace("_", "-") in SPELLINGS:
        raise Invalid(f"there is no encoding of text called {told}; utf-8 and cp1252 are two that there are") from None
    return UTF_8 if codec == "utf-8-sig" else codec


def _settled(path: Path, name: str, decoding: Decoding) -> Decoding:
    fault = _fault(path, name, decoding)
    if fault is not None:
        raise Invalid(f"{name} is not in the encoding {decoding.encoding}: see {fault}")
    return decoding


def _fault(path: Path, name: str, decoding: Decoding) -> str | None:
    """The first place that cannot be decoded, in words; None when all can be."""
    decoder = codecs.getincrementaldecoder(decoding.encoding)()
    position, line, chunk = decoding.skip, 1, b" "  # bytes that are decoded, and the line they end in
    with path.open("rb") as file:
        file.seek(position)
        while chunk:
            chunk = file.read(CHUNK)
            held = decoder.getstate()[0]
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                line += (held + chunk)[:start].count(b"\n")
                return f"byte {position + start:,}, in line {line:,}"
            if "\0" in text:
                _refuse_nul(name, position + len(text[: text.index("\0")].encode(decoding.encoding)))
            position += len(held) + len(chunk) - len(decoder.getstate()[0])
            line += chunk.count(b"\n")
    return None


def _refuse_nul(name: str, position: int) -> NoReturn:
    raise Invalid(f"{name} has a NUL byte (byte {position:,}): it is damaged, or no file of text")
