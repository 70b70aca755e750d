"""SQL for tiles: node hashes, 256 to a row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, or_, select, update

from registers.store.engine import HotPath
from registers.store.tables import tile


def read(
    connection: Connection, register_id: int, tree: str, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """The hashes of the tiles at `(level, number)` that exist, concatenated."""
    wanted = [and_(tile.c.level == level, tile.c.number == number) for level, number in places]
    query = select(tile.c.level, tile.c.number, tile.c.hashes).where(
        tile.c.register_id == register_id, tile.c.tree == tree, or_(*wanted)
    )
    return {(level, number): hashes for level, number, hashes in connection.execute(query)}


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
