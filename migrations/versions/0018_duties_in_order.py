"""duties are read a page at a time, in the order of their areas

Revision: 0018, after: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "duty_place_idx",
        "duty",
        ["area_path", "rank", sa.text("(kind <> 'responsible')"), "id"],
    )


def downgrade() -> None:
    op.drop_index("duty_place_idx", table_name="duty")
