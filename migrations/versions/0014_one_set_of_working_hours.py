"""one set of working hours

Revision: 0014, after: 0013

Hours of single areas were never counted by (docs/decisions/0022-one-set-of-working-hours.md).
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM working_period WHERE area_path IS NOT NULL")
    op.drop_column("working_period", "area_path")


def downgrade() -> None:
    op.execute("ALTER TABLE working_period ADD COLUMN area_path ltree")
