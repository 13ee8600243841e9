"""units of running limits, and clocks that wait for a calendar

Revision: 0015, after: 0014

Lists and maps say what is left in the limit's own unit without a join. The index finds the clocks whose
due time waits for the working calendar of a year. An event `promise` (the calendar came, the due time
was counted) carries the version it found, as marks do.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
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
    op.add_column("case_file", sa.Column("limit_unit", sa.Text(), nullable=True))
    op.execute(
        "UPDATE case_file c SET limit_unit = t.limit_unit FROM case_timer t"
        " WHERE t.case_id = c.id AND t.stage = c.stage AND t.stopped_at IS NULL"
    )
    op.create_index(
        "case_timer_waiting_idx",
        "case_timer",
        ["case_id"],
        postgresql_where=sa.text("due_at IS NULL"),
    )
    _one_move_per_version("'overdue', 'rehome', 'photo', 'promise'")


def downgrade() -> None:
    op.execute("ALTER TABLE case_event DISABLE TRIGGER USER")
    op.execute("DELETE FROM case_event WHERE operation = 'promise'")
    op.execute("ALTER TABLE case_event ENABLE TRIGGER USER")
    _one_move_per_version("'overdue', 'rehome', 'photo'")
    op.drop_index("case_timer_waiting_idx", "case_timer")
    op.drop_column("case_file", "limit_unit")
