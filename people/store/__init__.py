"""SQL for people and programs: the tables, and one module a noun."""

from people.store import tables as tables
