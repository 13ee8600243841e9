"""imports can be undone, mappings saved, reference features kept

Revision: 0011, after: 0010
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _check(name: str, rule: str) -> None:
    op.drop_constraint(op.f(f"import_batch_{name}_check"), "import_batch", type_="check")
    op.create_check_constraint(op.f(f"import_batch_{name}_check"), "import_batch", rule)


def _geometry(nullable: bool) -> Geometry:
    return Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=nullable)


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_batch", sa.Column("fingerprint", sa.Text(), nullable=True))
    _check("kind", "kind IN ('areas','buildings','workers','incidents','reference')")
    _check("state", "state IN ('staged','refused','applied','discarded','undone')")
    op.create_geospatial_table(
        "import_before",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("geom", _geometry(True), nullable=True),
        sa.CheckConstraint("thing IN ('building','worker','duty')", name=op.f("import_before_thing_check")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("import_before_batch_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "thing", "key", name=op.f("import_before_pkey")),
    )
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("import_mapping_account_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("import_mapping_pkey")),
        sa.UniqueConstraint("name", name=op.f("import_mapping_name_key")),
    )
    op.create_index("import_mapping_fingerprint_idx", "import_mapping", ["kind", "fingerprint"])
    op.create_geospatial_table(
        "reference_feature",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("geom", _geometry(False), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_example", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("layer IN ('road','water','wall','poi')", name=op.f("reference_feature_layer_check")),
        sa.CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name=op.f("reference_feature_geom_valid_check")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("reference_feature_batch_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reference_feature_pkey")),
    )
    op.create_index("reference_feature_code_key", "reference_feature", ["layer", "code"], unique=True)
    op.create_index("reference_feature_batch_idx", "reference_feature", ["batch_id"])
    op.create_geospatial_index("reference_feature_geom_idx", "reference_feature", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={})


def downgrade() -> None:
    op.drop_geospatial_table("reference_feature")
    op.drop_table("import_mapping")
    op.drop_geospatial_table("import_before")
    _check("state", "state IN ('staged','refused','applied','discarded')")
    _check("kind", "kind IN ('areas','buildings','workers','incidents')")
    op.drop_column("import_batch", "fingerprint")
    op.drop_column("import_batch", "undone_at")
