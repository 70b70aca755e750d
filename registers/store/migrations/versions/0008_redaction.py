"""The body of an item is changed by a redaction alone: whatever it is changed to has more values taken out of it."""

from alembic import op

revision = "0008"
down_revision = "0007"

SENTENCE = "an item is only ever changed by taking values out of it"
MARK = '"**REDACTED**'


def upgrade() -> None:
    """Create what refuses any other change."""
    name = op.get_bind().dialect.name
    condition = f"{_marks('NEW.body')} <= {_marks('OLD.body')}"
    if name == "sqlite":
        op.execute(
            f"CREATE TRIGGER item_no_other_body BEFORE UPDATE OF body ON item WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        )
    else:
        op.execute(
            f"CREATE TRIGGER item_no_other_body BEFORE UPDATE OF body ON item FOR EACH ROW WHEN ({condition}) "
            f"EXECUTE FUNCTION registers_refuse('{SENTENCE}')"
        )


def _marks(body: str) -> str:
    """How many characters the marks in a body have, all together."""
    return f"(length({body}) - length(replace({body}, '{MARK}', '')))"
