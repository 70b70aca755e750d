"""Followers, caught up with registers by whoever has the time."""

from __future__ import annotations

from registers.followers import FOLLOWERS, catch_up, catch_up_all
from registers.register import Register
from registers.store.engine import Store, Transaction
from tests.makers import append, country, make


class Listener:
    """A follower that notes whom it was told to follow."""

    name = "listener"

    def __init__(self) -> None:
        self.heard: list[str] = []

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        """Note the register."""
        self.heard.append(register.name)

    def position(self, tx: Transaction, register_id: int) -> int:
        """How many it has heard."""
        return len(self.heard)


def test_all_followers_catch_up_with_all_registers(store: Store) -> None:
    registers = [make(store, name) for name in ("country", "land")]
    for register in registers:
        append(store, country("GB", "a"), to=register.name)
    listener = Listener()
    catch_up_all(store, followers=(*FOLLOWERS, listener))
    assert listener.heard == ["country", "land"]
    with store.reading() as tx:
        assert [FOLLOWERS[0].position(tx, register.id) for register in registers] == [1, 1]


def test_only_the_registers_that_are_named_are_followed(store: Store) -> None:
    first, second = make(store), make(store, "land")
    listener = Listener()
    catch_up_all(store, [second], [listener])
    catch_up(store, [listener], first)
    assert listener.heard == ["land", "country"]
