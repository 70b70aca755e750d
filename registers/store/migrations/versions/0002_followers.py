"""Former names and successors of registers; followers, leases, and what can be asked of records."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    _name_registers()
    _follow()
    _create_question_record()
    _create_question_value()
    for statement in _full_text(op.get_bind().dialect.name):
        op.execute(statement)


def _big(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _plain(name: str) -> sa.Column:
    return sa.Column(name, PLAIN, nullable=False)


def _register_id() -> sa.Column:
    return sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id"), nullable=False)


def _name_registers() -> None:
    op.add_column("register", sa.Column("successor", PLAIN))
    op.create_table("former_name", _plain("name"), _register_id(), sa.PrimaryKeyConstraint("name"))


def _follow() -> None:
    op.create_table(
        "follower",
        _plain("name"),
        _register_id(),
        _big("position"),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "register_id"),
    )
    op.create_table(
        "lease",
        _plain("name"),
        sa.Column("holder", sa.Text, nullable=False),
        _big("expires"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "blob_lookup",
        _big("prefix"),
        _register_id(),
        _big("number"),
        sa.PrimaryKeyConstraint("prefix", "register_id", "number"),
        sqlite_with_rowid=False,
    )


def _create_question_record() -> None:
    identifier = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "question_record",
        sa.Column("id", identifier, primary_key=True, autoincrement=False),
        _register_id(),
        _big("since"),
        _big("until", nullable=True),
        _plain("key"),
        _plain("name"),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("first_day", sa.Integer),
        sa.Column("last_day", sa.Integer),
    )
    op.create_index("question_record_since", "question_record", ["register_id", "since"], unique=True)
    op.create_index("question_record_key", "question_record", ["register_id", "key", "since"])


def _create_question_value() -> None:
    op.create_table(
        "question_value",
        _register_id(),
        _plain("field"),
        _plain("value"),
        _big("since"),
        _big("until", nullable=True),
        sa.PrimaryKeyConstraint("register_id", "field", "value", "since"),
        sqlite_with_rowid=False,
    )


def _full_text(dialect: str) -> list[str]:
    """An index over the words of `question_record`, which are already folded and parted by spaces."""
    if dialect == "sqlite":
        # The tokenizer parts at spaces alone: words have no other ASCII characters than letters, digits and "_".
        return [
            "CREATE VIRTUAL TABLE question_words USING fts5(words, content='question_record', content_rowid='id', "
            "detail=none, columnsize=0, prefix='1 2 3 4 5 6 7 8 10 12 14 16', tokenize=\"ascii tokenchars '_'\")",
            "INSERT INTO question_words (question_words, rank) VALUES ('hashsize', 8388608)",
            "CREATE INDEX question_rank_key ON question_record (key COLLATE NOCASE, register_id)",
        ]
    return [
        "CREATE INDEX question_words ON question_record USING gin (array_to_tsvector(string_to_array(words, ' ')))",
        "CREATE INDEX question_rank ON question_record (register_id, length, key, since)",
        "CREATE INDEX question_rank_key ON question_record (lower(key), register_id)",
        'CREATE INDEX question_rank_name ON question_record ("left"(name, 60), register_id)',
    ]
