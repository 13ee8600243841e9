"""photos stand in the history; channels know who reports by them

Revision: 0009, after: 0008

An event `photo` carries the version it found, as marks do. Moves of procedures already in use get the
mark of a way back, which was read from their names before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _one_move_per_version(marks: str) -> None:
    op.drop_index("case_event_version_key", table_name="case_event")
    op.create_index(
        "case_event_version_key",
        "case_event",
        ["case_id", "version"],
        unique=True,
        postgresql_where=sa.text(f"operation NOT IN ({marks})"),
    )


def upgrade() -> None:
    op.add_column(
        "channel",
        sa.Column("posts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    _one_move_per_version("'overdue', 'rehome', 'photo'")
    op.execute(
        "UPDATE procedure_move SET effects = effects || '{goes_back}'"
        " WHERE (operation = 'return' OR to_state = 'rework') AND NOT 'goes_back' = ANY (effects)"
    )


def downgrade() -> None:
    op.execute("UPDATE procedure_move SET effects = array_remove(effects, 'goes_back')")
    op.execute("ALTER TABLE case_event DISABLE TRIGGER USER")
    op.execute("DELETE FROM case_event WHERE operation = 'photo'")
    op.execute("ALTER TABLE case_event ENABLE TRIGGER USER")
    _one_move_per_version("'overdue', 'rehome'")
    op.drop_column("channel", "posts")
