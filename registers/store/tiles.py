"""SQL for tiles: node hashes, 256 to a row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, update

from registers.store.engine import HotPath
from registers.store.tables import tile


def read(
    connection: Connection, hot: HotPath, of: tuple[int, str], places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """The hashes of the tiles at `(level, number)` that exist, concatenated, of a register's tree.

    A proof asks for three or four.
    """
    return {(level, number): bytes(hashes) for level, number, hashes in hot.tiles(connection, of, places)}


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
