"""Values out of many items at once: of their JSON only the fields that are wanted are decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

Values = tuple[str | list[str], ...]


def picker(fields: Sequence[str]) -> Callable[[str], Iterator[Values]]:
    """What takes a JSON array of items, and gives of each its values in the order of these fields, blank for none.

    It raises msgspec.DecodeError for what is no array of items.
    """
    names = [f"f{place}" for place in range(len(fields))]  # for a field may be called what nothing is in Python
    members = [(name, str | list[str], "") for name in names]
    item = msgspec.defstruct("Item", members, rename=dict(zip(names, fields, strict=True)), gc=False)
    decode = msgspec.json.Decoder(list[item]).decode  # type: ignore[valid-type]
    return lambda array: map(msgspec.structs.astuple, decode(array))
