"""SQL for what can be asked of records: the rows that the index follower writes, and walks over them in an order.

Rows are never changed but to end them, so the index can be asked as it was at any size. A walk goes along one index
from a place on; nothing here counts or skips what it does not give back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    true,
    update,
)

from registers.question import Span
from registers.store.engine import FullText
from registers.store.entries import SOME, WITH_ITEMS
from registers.store.scope import Scope
from registers.store.tables import blob_lookup, entry, item, question_record, question_value, record

_RECORD, _VALUE = question_record.c, question_value.c

_PREVIOUS = (
    select(record.c.key, func.max(record.c.since))
    .where(record.c.register_id == bindparam("register_id"), record.c.region == 0)
    .where(record.c.since <= bindparam("position"), record.c.key.in_(bindparam("keys", expanding=True)))
    .group_by(record.c.key)
)
_BODIES = (
    select(entry.c.number, item.c.body)
    .select_from(WITH_ITEMS)
    .where(entry.c.register_id == bindparam("register_id"), entry.c.region == 0)
    .where(entry.c.number.in_(bindparam("numbers", expanding=True)))
)
_END_RECORD = (
    update(question_record)
    .where(_RECORD.register_id == bindparam("of_register"), _RECORD.since == bindparam("from_entry"))
    .values(until=bindparam("until"))
)
_END_VALUE = (
    update(question_value)
    .where(_VALUE.register_id == bindparam("of_register"), _VALUE.since == bindparam("from_entry"))
    .where(_VALUE.field == bindparam("of_field"), _VALUE.value == bindparam("of_value"))
    .values(until=bindparam("until"))
)


# Written by the follower


def previous(connection: Connection, register_id: int, keys: Sequence[str], position: int) -> dict[str, int]:
    """The numbers of the user entries that the keys' records had at a size, by key; of those that had one."""
    found: dict[str, int] = {}
    for start in range(0, len(keys), SOME):
        wanted = {"register_id": register_id, "position": position, "keys": keys[start : start + SOME]}
        found.update((key, number) for key, number in connection.execute(_PREVIOUS, wanted))
    return found


def bodies(connection: Connection, register_id: int, numbers: Sequence[int]) -> dict[int, str]:
    """The items of user entries, as canonical JSON, by the entries' numbers."""
    found: dict[int, str] = {}
    for start in range(0, len(numbers), SOME):
        wanted = {"register_id": register_id, "numbers": numbers[start : start + SOME]}
        found.update((number, body) for number, body in connection.execute(_BODIES, wanted))
    return found


def end(
    connection: Connection,
    register_id: int,
    records: Iterable[tuple[int, int]],
    values: Iterable[tuple[int, int, str, str]],
) -> None:
    """End rows: records by `(since, until)`, values by `(since, until, field, value)`."""
    ended = [{"of_register": register_id, "from_entry": since, "until": until} for since, until in records]
    if ended:
        connection.execute(_END_RECORD, ended)
    gone = [
        {"of_register": register_id, "from_entry": since, "until": until, "of_field": field, "of_value": value}
        for since, until, field, value in values
    ]
    if gone:
        connection.execute(_END_VALUE, gone)


def forget(connection: Connection, full_text: FullText, register_id: int) -> None:
    """Delete all that can be asked of a register's records."""
    full_text.forget(connection, register_id)
    for table in (question_record, question_value, blob_lookup):
        connection.execute(delete(table).where(table.c.register_id == register_id))


def forget_entries(
    connection: Connection, full_text: FullText, register_id: int, numbers: Sequence[int]
) -> dict[int, int | None]:
    """Delete what can be asked of some entries; those that were there, each with the entry that its record ends at."""
    ended: dict[int, int | None] = {}
    for start in range(0, len(numbers), SOME):
        some = numbers[start : start + SOME]
        here = (_RECORD.register_id == register_id) & _RECORD.since.in_(some)
        rows = connection.execute(select(_RECORD.since, _RECORD.until).where(here))
        ended.update((since, until) for since, until in rows)
        full_text.forget_entries(connection, register_id, some)
        connection.execute(delete(question_record).where(here))
        values = (_VALUE.register_id == register_id) & _VALUE.since.in_(some)
        connection.execute(delete(question_value).where(values))
    return ended


# Asked


@dataclass(frozen=True, slots=True)
class Posted:
    """A condition as the index knows it: one of `forms`, or else a form within `span`; of a field."""

    field: str
    forms: tuple[str, ...] | None = None
    span: Span = Span()

    def holds(self) -> ColumnElement[bool]:
        """The condition, of a row of `question_value`."""
        kept = [_VALUE.field == self.field]
        if self.forms is not None:
            kept.append(_VALUE.value.in_(self.forms) if len(self.forms) > 1 else _VALUE.value == self.forms[0])
        if self.span.low is not None:
            kept.append(_VALUE.value >= self.span.low)
        if self.span.high is not None:
            kept.append(_VALUE.value < self.span.high if self.span.open else _VALUE.value <= self.span.high)
        return and_(*kept)


def _in_force(table: Any, scope: Scope) -> ColumnElement[bool]:
    (register_id,) = scope.registers
    held = or_(table.c.until.is_(None), table.c.until > scope.size)
    begun = table.c.since + 0 <= scope.size  # a sum, so that no engine takes it for a reason to walk along `since`
    return and_(table.c.register_id == register_id, begun, held)


def _on_day(scope: Scope) -> ColumnElement[bool]:
    if scope.day is None:
        return true()
    begun = or_(_RECORD.first_day.is_(None), _RECORD.first_day <= scope.day)
    return and_(begun, or_(_RECORD.last_day.is_(None), _RECORD.last_day >= scope.day))


def postings(connection: Connection, scope: Scope, posted: Posted, limit: int) -> list[int]:
    """Entry numbers of the records that keep a condition, once for each value that does: all, if below the limit."""
    query = select(_VALUE.since).where(_in_force(question_value, scope), posted.holds()).limit(limit)
    return list(connection.execute(query).scalars())


def rows(connection: Connection, scope: Scope, numbers: Sequence[int]) -> list[Any]:
    """Those of the entries that are records, true on the day: since, register_id, key, name, length, words."""
    columns = (_RECORD.since, _RECORD.register_id, _RECORD.key, _RECORD.name, _RECORD.length, _RECORD.words)
    query = select(*columns).where(_in_force(question_record, scope), _on_day(scope))
    wanted = query.where(_RECORD.since.in_(bindparam("numbers", expanding=True)))
    found: list[Any] = []
    for start in range(0, len(numbers), SOME):
        found += connection.execute(wanted, {"numbers": numbers[start : start + SOME]})
    return found


def by_entry(
    connection: Connection, scope: Scope, posted: Sequence[Posted], down: bool, after: int, limit: int
) -> list[int]:
    """Entry numbers of the records that keep the conditions, each of which has forms, in order after a number."""
    leading = next((each for each in posted if each.forms is not None and len(each.forms) == 1), None)
    if leading:
        number, others = _VALUE.since, [each for each in posted if each is not leading]
        query = select(number).where(_in_force(question_value, scope), leading.holds())
        if scope.day is not None:
            query = query.where(_recorded(scope, number))
    else:
        number, others = _RECORD.since, list(posted)
        query = select(number).where(_in_force(question_record, scope), _on_day(scope))
    query = _probed(query, scope, others, number).where(number < after if down else number > after)
    return list(connection.execute(query.order_by(number.desc() if down else number).limit(limit)).scalars())


def by_key(
    connection: Connection, scope: Scope, posted: Sequence[Posted], down: bool, after: str | None, limit: int
) -> list[tuple[str, int]]:
    """Keys and entry numbers of the records that keep the conditions, each of which has forms, in order after a key."""
    query: Select[Any] = select(_RECORD.key, _RECORD.since).where(_in_force(question_record, scope), _on_day(scope))
    query = _probed(query, scope, posted, _RECORD.since)
    if after is not None:
        query = query.where(_RECORD.key < after if down else _RECORD.key > after)
    query = query.order_by(_RECORD.key.desc() if down else _RECORD.key).limit(limit)
    return [(row.key, row.since) for row in connection.execute(query)]


def _recorded(scope: Scope, number: ColumnElement[int]) -> ColumnElement[bool]:
    here = and_(_RECORD.register_id == scope.registers[0], _RECORD.since == number)
    return exists().where(here, _on_day(scope)).correlate(question_value)


def _probed(query: Select[Any], scope: Scope, posted: Sequence[Posted], number: ColumnElement[int]) -> Select[Any]:
    """The query, with a look into the index for each condition and row."""
    for each in posted:
        probe = question_value.alias()
        (register_id,) = scope.registers
        kept = [probe.c.register_id == register_id, probe.c.field == each.field, probe.c.since == number]
        query = query.where(exists().where(*kept, probe.c.value.in_(each.forms or ())))
    return query


def count_values(connection: Connection, scope: Scope, field: str, limit: int) -> list[tuple[str, int, int]]:
    """The values of a field that most records have: their forms, how many have them, and an entry that does."""
    count = func.count()
    query = select(_VALUE.value, count, func.min(_VALUE.since))
    query = query.where(_in_force(question_value, scope), _VALUE.field == field)
    query = query.group_by(_VALUE.value).order_by(count.desc(), _VALUE.value).limit(limit)
    return [(form, number, since) for form, number, since in connection.execute(query)]
