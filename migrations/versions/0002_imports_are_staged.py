"""imports are staged

Revision: 0002, after: 0001
"""

from alembic import op
import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('import_batch',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=True),
    sa.Column('file', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('layer', sa.Text(), nullable=True),
    sa.Column('datum', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), server_default='staged', nullable=False),
    sa.Column('rows_read', sa.Integer(), server_default='0', nullable=False),
    sa.Column('rows_refused', sa.Integer(), server_default='0', nullable=False),
    sa.Column('rows_written', sa.Integer(), nullable=True),
    sa.Column('given', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('columns', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('difference', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('staged_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('areas','buildings','workers','incidents')", name=op.f('import_batch_kind_check')),
    sa.CheckConstraint("state IN ('staged','refused','applied','discarded')", name=op.f('import_batch_state_check')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('import_batch_account_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('import_batch_pkey'))
    )
    op.create_index('import_batch_digest_idx', 'import_batch', ['digest'], unique=False)
    op.create_index('import_batch_staged_idx', 'import_batch', [sa.literal_column('staged_at DESC')], unique=False)
    op.create_table('import_finding',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('row', sa.Integer(), nullable=True),
    sa.Column('field', sa.Text(), nullable=True),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('severity', sa.Text(), nullable=False),
    sa.Column('zh', sa.Text(), nullable=False),
    sa.Column('en', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=True),
    sa.Column('count', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("severity IN ('refuse','warn','inform')", name=op.f('import_finding_severity_check')),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('import_finding_batch_id_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('import_finding_pkey'))
    )
    op.create_index('import_finding_batch_idx', 'import_finding', ['batch_id', 'code', 'row'], unique=False)
    op.create_geospatial_table('import_row',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('fields', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('original', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('geom', Geometry(srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry'), nullable=True),
    sa.Column('area_m2', sa.Float(), nullable=True),
    sa.Column('perimeter_m', sa.Float(), nullable=True),
    sa.Column('target', sa.BigInteger(), nullable=True),
    sa.Column('refused', sa.Boolean(), nullable=False),
    sa.Column('change', sa.Text(), nullable=True),
    sa.Column('moved_m', sa.Float(), nullable=True),
    sa.CheckConstraint("change IN ('new','changed','moved','same')", name=op.f('import_row_change_check')),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('import_row_batch_id_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('batch_id', 'row', name=op.f('import_row_pkey'))
    )
    op.create_index('import_row_code_idx', 'import_row', ['batch_id', 'code'], unique=False)
    op.create_geospatial_index('import_row_geom_idx', 'import_row', ['geom'], unique=False, postgresql_using='gist', postgresql_ops={})


def downgrade() -> None:
    op.drop_geospatial_index('import_row_geom_idx', table_name='import_row', postgresql_using='gist', column_name='geom')
    op.drop_index('import_row_code_idx', table_name='import_row')
    op.drop_geospatial_table('import_row')
    op.drop_index('import_finding_batch_idx', table_name='import_finding')
    op.drop_table('import_finding')
    op.drop_index('import_batch_staged_idx', table_name='import_batch')
    op.drop_index('import_batch_digest_idx', table_name='import_batch')
    op.drop_table('import_batch')
