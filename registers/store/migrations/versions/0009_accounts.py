"""Accounts, who stands behind them, their sessions and roles, and the access log, which is never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
CHANGED, DELETED = "the access log is never changed", "the access log is never deleted"


def upgrade() -> None:
    """Create the tables, then what refuses to change the access log."""
    _create_people()
    _create_sessions()
    _create_role()
    _create_access()
    for statement in _triggers(op.get_bind().dialect.name):
        op.execute(statement)


def _create_people() -> None:
    op.create_table(
        "account",
        sa.Column("id", PLAIN, primary_key=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("forgotten", sa.BigInteger),
    )
    op.create_table(
        "person",
        sa.Column("account", PLAIN, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("folded", PLAIN, unique=True),
        sa.Column("confirmed", sa.BigInteger),
    )
    op.create_table(
        "password",
        sa.Column("account", PLAIN, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "identity",
        sa.Column("issuer", PLAIN, primary_key=True),
        sa.Column("subject", PLAIN, primary_key=True),
        sa.Column("account", PLAIN, sa.ForeignKey("account.id"), nullable=False),
    )
    op.create_index("identity_account", "identity", ["account"])


def _create_sessions() -> None:
    op.create_table(
        "session",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("account", PLAIN, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("session_account", "session", ["account"])
    op.create_index("session_expires", "session", ["expires"])
    op.create_table(
        "used_link",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("used_link_expires", "used_link", ["expires"])
    op.create_table(
        "failure",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_index("failure_last", "failure", ["last"])


def _create_role() -> None:
    op.create_table(
        "role",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("account", PLAIN, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("register_id", sa.Integer, sa.ForeignKey("register.id", ondelete="CASCADE")),
        sa.Column("granted", sa.BigInteger, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.CheckConstraint("name IN ('contributor', 'reviewer', 'custodian', 'administrator')", name="role_name"),
    )
    op.create_index("role_account", "role", ["account"])
    op.create_index("role_register", "role", ["register_id"])


def _create_access() -> None:
    head = op.create_table(
        "people_head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("accesses", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "accesses": 0}])
    op.create_table(
        "access",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("actor", PLAIN, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", PLAIN, nullable=False),
        sa.Column("register", PLAIN, nullable=False),
        sa.Column("allowed", sa.Boolean, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_index("access_actor", "access", ["actor", "number"])
    op.create_index("access_subject", "access", ["subject", "number"])


def _triggers(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER access_no_{when.lower()} BEFORE {when} ON access "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            for when, sentence in (("UPDATE", CHANGED), ("DELETE", DELETED))
        ]
    refuse = """
        CREATE FUNCTION people_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
        END $$
    """
    return [
        refuse,
        *(
            f"CREATE TRIGGER access_no_{when.lower()} BEFORE {when} ON access FOR EACH {each} "
            f"EXECUTE FUNCTION people_refuse('{sentence}')"
            for when, each, sentence in (
                ("UPDATE", "ROW", CHANGED),
                ("DELETE", "ROW", DELETED),
                ("TRUNCATE", "STATEMENT", DELETED),
            )
        ),
    ]
