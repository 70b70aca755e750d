"""People to test with. Hashing is made cheap: how dear it is to be is the library's matter, and ours to have set."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher

from people import accounts, passwords
from people.accounts import Account, Wanted
from registers.store.engine import Store

PASSWORD = "correct horse battery"
KEY = b"the secret of the tests, which is long"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobodys.cache_clear()


def person(store: Store, email: str = "ann@example.org", password: str | None = PASSWORD) -> Account:
    return accounts.add(store, Wanted("Ann Other", email), "tester", password)


def rows_of(store: Store, table: str) -> list[Any]:
    """The rows of a table."""
    with store.reading() as tx:
        return list(tx.connection.exec_driver_sql(f"SELECT * FROM {table}"))
