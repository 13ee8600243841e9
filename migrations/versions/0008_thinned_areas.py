"""areas keep a thinned copy of their shape for maps from afar

Revision: 0008, after: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE area_version ADD COLUMN thin_geom geometry(MULTIPOLYGON, 4490)"
        " GENERATED ALWAYS AS (ST_Simplify(geom, 0.00004291534423828125, true)) STORED"
    )


def downgrade() -> None:
    op.drop_column("area_version", "thin_geom")
