"""SQL for tiles: node hashes, 256 to a row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from registers.store.engine import HotPath
from registers.store.tables import tile

_READ = select(tile.c.hashes).where(
    tile.c.register_id == bindparam("register_id"),
    tile.c.tree == bindparam("tree"),
    tile.c.level == bindparam("level"),
    tile.c.number == bindparam("number"),
)


def read(
    connection: Connection, register_id: int, tree: str, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """The hashes of the tiles at `(level, number)` that exist, concatenated. A proof asks for three or four."""
    found = {}
    for level, number in places:
        wanted = {"register_id": register_id, "tree": tree, "level": level, "number": number}
        hashes = connection.execute(_READ, wanted).scalar()
        if hashes is not None:
            found[level, number] = hashes
    return found


def write(
    connection: Connection,
    hot: HotPath,
    place: tuple[int, str, int],
    tiles: Sequence[tuple[int, bytes]],
    replace_first: bool,
) -> None:
    """Insert the `(number, hashes)` of one register, tree and level; the first may grow a tile that is there."""
    if replace_first:
        number, hashes = tiles[0]
        register_id, tree, level = place
        grown = update(tile).where(
            tile.c.register_id == register_id, tile.c.tree == tree, tile.c.level == level, tile.c.number == number
        )
        connection.execute(grown.values(hashes=hashes))
        tiles = tiles[1:]
    hot.insert_rows(connection, tile, [(*place, number, hashes) for number, hashes in tiles])
