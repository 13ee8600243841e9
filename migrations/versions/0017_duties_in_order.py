"""duties are read a page at a time, in the order of their areas

Revision: 0017, after: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
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
