"""open cases have a map index of their own

Revision: 0005, after: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "case_file_open_location_idx",
        "case_file",
        ["location"],
        postgresql_using="gist",
        postgresql_where=sa.text("state NOT IN ('closed', 'evaluated', 'rejected')"),
    )


def downgrade() -> None:
    op.drop_index("case_file_open_location_idx", table_name="case_file")
