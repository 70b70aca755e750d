"""Proposals: plans at rest, events that are never changed, and the head under whose lock they are numbered."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
CHANGED, DELETED = "events of proposals are never changed", "events of proposals are never deleted"


def upgrade() -> None:
    """Create the tables, then what refuses to change events."""
    _create_head()
    _create_proposal()
    _create_event()
    for statement in _triggers(op.get_bind().dialect.name):
        op.execute(statement)


def _create_head() -> None:
    head = op.create_table(
        "review_head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("proposals", sa.BigInteger, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "proposals": 0, "events": 0}])


def _create_proposal() -> None:
    op.create_table(
        "proposal_plan",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "proposal",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("register", PLAIN, nullable=False),
        sa.Column("plan", sa.LargeBinary, sa.ForeignKey("proposal_plan.digest"), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
    )
    waiting = {"sqlite_where": sa.text("is_open = 1"), "postgresql_where": sa.text("is_open")}
    op.create_index("proposal_open", "proposal", ["number"], **waiting)
    op.create_index("proposal_open_plan", "proposal", ["plan"], unique=True, **waiting)


def _create_event() -> None:
    op.create_table(
        "proposal_event",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("proposal", sa.BigInteger, sa.ForeignKey("proposal.number"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("proposal_event_of", "proposal_event", ["proposal", "number"])


def _triggers(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER proposal_event_no_{when.lower()} BEFORE {when} ON proposal_event "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            for when, sentence in (("UPDATE", CHANGED), ("DELETE", DELETED))
        ]
    refuse = """
        CREATE FUNCTION review_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
        END $$
    """
    return [
        refuse,
        *(
            f"CREATE TRIGGER proposal_event_no_{when.lower()} BEFORE {when} ON proposal_event FOR EACH {each} "
            f"EXECUTE FUNCTION review_refuse('{sentence}')"
            for when, each, sentence in (
                ("UPDATE", "ROW", CHANGED),
                ("DELETE", "ROW", DELETED),
                ("TRUNCATE", "STATEMENT", DELETED),
            )
        ),
    ]
