"""The log: registers, heads, revisions, entries, items, records and tiles, and the triggers that keep them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BACK_TO_DRAFT = "OLD.status <> 'draft' AND NEW.status = 'draft'"
NEVER = {"entry": "entries", "revision": "revisions"}


def upgrade() -> None:
    """Create the tables, then what refuses to change them."""
    _create_register()
    _create_head()
    _create_revision()
    _create_entry()
    _create_item()
    _create_record()
    _create_tile()
    for statement in _triggers(op.get_bind().dialect.name):
        op.execute(statement)


def _big(name: str, **options: object) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=False, **options)


def _bytes(name: str) -> sa.Column:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _register_id() -> sa.Column:
    return sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id"), nullable=False)


def _region() -> sa.Column:
    return sa.Column("region", sa.SmallInteger, nullable=False)


def _create_register() -> None:
    op.create_table(
        "register",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("key_field", PLAIN),
        _text("origin"),
        _text("tier"),
        _text("status"),
        sa.Column("loading", sa.Boolean, nullable=False),
        _big("created"),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name="register_status"),
        sqlite_autoincrement=True,
    )
    visible = {"sqlite_where": sa.text("loading = 0"), "postgresql_where": sa.text("NOT loading")}
    op.create_index("register_name", "register", ["name"], unique=True, **visible)


def _create_head() -> None:
    op.create_table(
        "head",
        _register_id(),
        *map(_big, ("revision", "entries", "metadata_entries", "records", "items", "latest", "metadata_latest")),
        *map(_bytes, ("chain", "metadata_chain", "v1_edge", "v2_edge", "metadata_edge")),
        sa.PrimaryKeyConstraint("register_id"),
    )


def _create_revision() -> None:
    op.create_table(
        "revision",
        _register_id(),
        *map(_big, ("number", "entries", "metadata_entries")),
        *map(_bytes, ("v1_root", "v2_root", "metadata_root")),
        *map(_big, ("records", "items", "time")),
        *map(_text, ("actor", "policy", "source")),
        sa.PrimaryKeyConstraint("register_id", "number"),
        sqlite_with_rowid=False,
    )


def _create_entry() -> None:
    op.create_table(
        "entry",
        _register_id(),
        _region(),
        _big("number"),
        sa.Column("key", PLAIN, nullable=False),
        *map(_big, ("timestamp", "latest", "item", "records")),
        _bytes("chain"),
        sa.PrimaryKeyConstraint("register_id", "region", "number"),
        sqlite_with_rowid=False,
    )


def _create_item() -> None:
    op.create_table(
        "item",
        _register_id(),
        _region(),
        _big("number"),
        _bytes("v1"),
        _bytes("v2"),
        _text("body"),
        sa.PrimaryKeyConstraint("register_id", "region", "number"),
    )
    op.create_table(
        "item_lookup",
        _big("prefix"),
        _register_id(),
        _region(),
        _big("number"),
        sa.PrimaryKeyConstraint("prefix", "register_id", "region", "number"),
        sqlite_with_rowid=False,
    )


def _create_record() -> None:
    op.create_table(
        "record",
        _register_id(),
        _region(),
        sa.Column("key", PLAIN, nullable=False),
        _big("since"),
        sa.Column("until", sa.BigInteger),
        sa.PrimaryKeyConstraint("register_id", "region", "key", "since"),
        sqlite_with_rowid=False,
    )
    current = {"sqlite_where": sa.text("until IS NULL"), "postgresql_where": sa.text("until IS NULL")}
    op.create_index("record_current", "record", ["register_id", "region", "since"], **current)


def _create_tile() -> None:
    op.create_table(
        "tile",
        _register_id(),
        sa.Column("tree", PLAIN, nullable=False),
        sa.Column("level", sa.SmallInteger, nullable=False),
        _big("number"),
        _bytes("hashes"),
        sa.PrimaryKeyConstraint("register_id", "tree", "level", "number"),
    )


def _triggers(dialect: str) -> list[str]:
    return _sqlite_triggers() if dialect == "sqlite" else _postgresql_triggers()


def _sqlite_triggers() -> list[str]:
    draft = "(SELECT status FROM register WHERE id = OLD.register_id) = 'draft'"

    def refuse(name: str, when: str, table: str, condition: str, sentence: str) -> str:
        return (
            f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )

    never = [refuse("no_update", "UPDATE", table, "1", f"{words} are never changed") for table, words in NEVER.items()]
    never += [
        refuse("no_delete", "DELETE", table, f"NOT {draft}", f"{words} are never deleted")
        for table, words in {**NEVER, "tile": "tiles", "item": "items"}.items()
    ]
    hashes = "UPDATE OF register_id, region, number, v1, v2"
    return [
        *never,
        refuse("no_draft_again", "UPDATE OF status", "register", BACK_TO_DRAFT, "what was published is no draft again"),
        refuse("no_other_origin", "UPDATE OF origin", "register", "1", "the origin of a register is never changed"),
        refuse("no_update", "UPDATE", "tile", "length(OLD.hashes) >= 8192", "full tiles are never changed"),
        refuse("no_update", hashes, "item", "1", "the hashes of an item are never changed"),
    ]


def _postgresql_triggers() -> list[str]:
    refuse = """
        CREATE FUNCTION registers_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF (SELECT status FROM register WHERE id = OLD.register_id) = 'draft' THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
        END $$
    """

    def trigger(table: str, when: str, sentence: str, condition: str = "", what: str = "") -> str:
        name = f"{table}_no_{what or when.split()[0].lower()}"
        each = "STATEMENT" if when == "TRUNCATE" else "ROW"
        return (
            f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH {each} {condition} "
            f"EXECUTE FUNCTION registers_refuse('{sentence}')"
        )

    kept = {**NEVER, "tile": "tiles", "item": "items"}
    statements = [refuse, "ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL"]
    statements += [trigger(table, "UPDATE", f"{words} are never changed") for table, words in NEVER.items()]
    statements += [trigger(table, "DELETE", f"{words} are never deleted") for table, words in kept.items()]
    statements += [trigger(table, "TRUNCATE", f"{words} are never deleted") for table, words in kept.items()]
    full = "WHEN (length(OLD.hashes) >= 8192)"
    hashes = "UPDATE OF register_id, region, number, v1, v2"
    draft_again = "what was published is no draft again"
    statements.append(trigger("register", "UPDATE OF status", draft_again, f"WHEN ({BACK_TO_DRAFT})", "draft_again"))
    statements.append(trigger("register", "UPDATE OF origin", "the origin of a register is never changed"))
    return [
        *statements,
        trigger("tile", "UPDATE", "full tiles are never changed", full),
        trigger("item", hashes, "the hashes of an item are never changed"),
    ]
