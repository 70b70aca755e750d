"""The tables. What each holds, who writes it, and what may change in it.

Only `registers.log` and `registers.lifecycle` write these. Entries, revisions and full tiles are insert-only, and
triggers on both engines hold that (a draft, which may be dropped, is the one exception). A log has two *regions*,
0 user and 1 metadata (`registers.entry.Region`), each numbered from 1.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    false,
    text,
)

# Keys and names sort by code point on both engines, whatever the database's locale.
Plain = Text().with_variant(Text(collation="C"), "postgresql")

metadata = MetaData()


def _register_id(primary_key: bool = True) -> Column[int]:
    return Column("register_id", Integer, ForeignKey("register.id"), primary_key=primary_key, nullable=False)


# A register. While `loading`, it is invisible and holds no claim on its name.
register = Table(
    "register",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Plain, nullable=False),
    Column("key_field", Plain),
    Column("origin", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("loading", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("successor", Plain),
    Column("is_direct", Boolean, nullable=False, server_default=false()),
    CheckConstraint("status IN ('draft', 'published', 'retired')", name="register_status"),
    Index(
        "register_name",
        "name",
        unique=True,
        sqlite_where=text("loading = 0"),
        postgresql_where=text("NOT loading"),
    ),
    sqlite_autoincrement=True,
)

# The names that registers had before; their URLs redirect. A register may take none of them.
former_name = Table(
    "former_name",
    metadata,
    Column("name", Plain, primary_key=True),
    _register_id(primary_key=False),
)

# Where each log stands: one row a register, changed by compare-and-swap on `revision`. An edge is the roots of the
# perfect subtrees of a tree, widest first, 32 bytes each.
head = Table(
    "head",
    metadata,
    _register_id(),
    Column("revision", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("metadata_entries", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("items", BigInteger, nullable=False),
    Column("latest", BigInteger, nullable=False),
    Column("metadata_latest", BigInteger, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("metadata_chain", LargeBinary, nullable=False),
    Column("v1_edge", LargeBinary, nullable=False),
    Column("v2_edge", LargeBinary, nullable=False),
    Column("metadata_edge", LargeBinary, nullable=False),
)

# One row for each append, never changed: the states that feeds, files and checkpoints speak of.
revision = Table(
    "revision",
    metadata,
    _register_id(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("entries", BigInteger, nullable=False),
    Column("metadata_entries", BigInteger, nullable=False),
    Column("v1_root", LargeBinary, nullable=False),
    Column("v2_root", LargeBinary, nullable=False),
    Column("metadata_root", LargeBinary, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("items", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("source", Text, nullable=False),
    Index("revision_time", "time", "register_id", "number"),
    sqlite_with_rowid=False,
)

# An entry, never changed. `item` is the number of the entry that first brought its item; `latest` is the running
# maximum of timestamps and `records` the running number of keys, so that a past state is one look-up.
entry = Table(
    "entry",
    metadata,
    _register_id(),
    Column("region", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Plain, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("latest", BigInteger, nullable=False),
    Column("item", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# An item, named by the entry that first brought it. Its hashes never change; a redaction may change its body.
item = Table(
    "item",
    metadata,
    _register_id(),
    Column("region", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("v1", LargeBinary, nullable=False),
    Column("v2", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
)

# From the first eight bytes of an item's v1 hash, as a signed integer, to the item. Narrow and derived: an equal
# prefix is settled by the item's full hash.
item_lookup = Table(
    "item_lookup",
    metadata,
    Column("prefix", BigInteger, primary_key=True, autoincrement=False),
    _register_id(),
    Column("region", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# The trail of each key: the entry it holds `since`, and `until` when (null while it is the current record).
record = Table(
    "record",
    metadata,
    _register_id(),
    Column("region", SmallInteger, primary_key=True, autoincrement=False),
    Column("key", Plain, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger),
    Index(
        "record_current",
        "register_id",
        "region",
        "since",
        sqlite_where=text("until IS NULL"),
        postgresql_where=text("until IS NULL"),
    ),
    sqlite_with_rowid=False,
)

# Node hashes of the trees `v1`, `v2` and `metadata`, 256 to a tile. Level 0 holds full tiles only (the rest is
# recomputed from at most 255 entries); a tile of a higher level grows until it is full.
tile = Table(
    "tile",
    metadata,
    _register_id(),
    Column("tree", Plain, primary_key=True),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

TABLES = (register, former_name, head, revision, entry, item, item_lookup, record, tile)

# What follows the log. All of it can be dropped and made again; none of it is hashed, or part of a backup.

# How far each follower of a register has come: a number of its own kind, and a note of what it was made for.
follower = Table(
    "follower",
    metadata,
    Column("name", Plain, primary_key=True),
    _register_id(),
    Column("position", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
)

# A follower that cannot follow a register: since when (UTC seconds), and what was said the last time.
follower_failure = Table(
    "follower_failure",
    metadata,
    Column("name", Plain, primary_key=True),
    _register_id(),
    Column("since", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
)

# Who does a job that only one process may do, and until when (UTC seconds).
lease = Table(
    "lease",
    metadata,
    Column("name", Plain, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires", BigInteger, nullable=False),
)

# From the first eight bytes of an item's v2 hash, as a signed integer, to the item of the user region.
blob_lookup = Table(
    "blob_lookup",
    metadata,
    Column("prefix", BigInteger, primary_key=True, autoincrement=False),
    _register_id(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# What can be asked of a record, for each entry of the user region that ever was one: it holds `since` that entry,
# `until` another (null while current). `name` is folded, `length` its length; `words` are folded, parted by spaces;
# `first_day` and `last_day` are days it was true in the world, as proleptic ordinals (null: no such bound). `id`
# goes up with length and key, so that the full-text index gives what it finds in the order of the ranking.
question_record = Table(
    "question_record",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _register_id(primary_key=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("key", Plain, nullable=False),
    Column("name", Plain, nullable=False),
    Column("length", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("first_day", Integer),
    Column("last_day", Integer),
    Index("question_record_since", "register_id", "since", unique=True),
    Index("question_record_key", "register_id", "key", "since"),
)

# The values of the indexed fields of those records, a row for each member of a list, in a form that sorts as the
# field's datatype does.
question_value = Table(
    "question_value",
    metadata,
    _register_id(),
    Column("field", Plain, primary_key=True),
    Column("value", Plain, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger),
    sqlite_with_rowid=False,
)
