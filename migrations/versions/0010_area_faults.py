"""faults of areas

Revision: 0010, after: 0009

What a check of the boundaries found, with place, measure, sentence and proposed repair.
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NOW = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    op.create_geospatial_table(
        "area_fault",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("area_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("geom", Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False), nullable=False),
        sa.Column("measure", sa.Float(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("width_m", sa.Float(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("sentence_en", sa.Text(), nullable=False),
        sa.Column("repair", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("severity IN ('refuse','warn')", name=op.f("area_fault_severity_check")),
        sa.CheckConstraint("unit IN ('m2','m','households','persons')", name=op.f("area_fault_unit_check")),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("area_fault_parent_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("area_fault_pkey")),
    )
    op.create_index("area_fault_parent_now_idx", "area_fault", ["parent_id"], postgresql_where=_NOW)
    op.create_index("area_fault_areas_now_idx", "area_fault", ["area_ids"], postgresql_using="gin", postgresql_where=_NOW)
    op.create_geospatial_index("area_fault_geom_now_idx", "area_fault", ["geom"], unique=False, postgresql_using="gist", postgresql_where=_NOW, postgresql_ops={})


def downgrade() -> None:
    op.drop_geospatial_table("area_fault")
