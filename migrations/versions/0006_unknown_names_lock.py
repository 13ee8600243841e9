"""failed log-ins of unknown names are counted by name

Revision: 0006, after: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "account_event_unknown_idx",
        "account_event",
        [sa.text("lower(username)")],
        postgresql_where=sa.text("event = 'login_failed' AND account_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("account_event_unknown_idx", table_name="account_event")
