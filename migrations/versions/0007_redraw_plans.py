"""redraw plans

Revision: 0007, after: 0006

Plans, their items, what they changed, lineage; past versions are found by place; a case that a redraw
has moved carries a mark that makes no new version of it.
"""

from alembic import op
import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

_MARKS = "operation NOT IN ('overdue', 'rehome')"


class Ltree(UserDefinedType[str]):
    """A path of labels."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "ltree"


def upgrade() -> None:
    op.create_table('redraw_plan',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('area_id', sa.BigInteger(), nullable=False),
    sa.Column('area_path', Ltree(), nullable=False),
    sa.Column('state', sa.Text(), server_default='draft', nullable=False),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('author_account_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approver_account_id', sa.Uuid(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_account_id', sa.Uuid(), nullable=True),
    sa.Column('withdrawn_reason', sa.Text(), nullable=True),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('reverses_id', sa.Uuid(), nullable=True),
    sa.Column('findings', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('summary', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.CheckConstraint("state IN ('draft','checked','approved','effective','withdrawn')", name=op.f('redraw_plan_state_check')),
    sa.CheckConstraint("state NOT IN ('approved','effective') OR approved_at IS NOT NULL AND effective_at IS NOT NULL", name=op.f('redraw_plan_approved_check')),
    sa.CheckConstraint('approver_account_id <> author_account_id', name=op.f('redraw_plan_two_persons_check')),
    sa.ForeignKeyConstraint(['approver_account_id'], ['account.id'], name=op.f('redraw_plan_approver_account_id_fkey')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('redraw_plan_area_id_fkey')),
    sa.ForeignKeyConstraint(['author_account_id'], ['account.id'], name=op.f('redraw_plan_author_account_id_fkey')),
    sa.ForeignKeyConstraint(['reverses_id'], ['redraw_plan.id'], name=op.f('redraw_plan_reverses_id_fkey')),
    sa.ForeignKeyConstraint(['withdrawn_account_id'], ['account.id'], name=op.f('redraw_plan_withdrawn_account_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('redraw_plan_pkey'))
    )
    op.create_index('redraw_plan_area_gist_idx', 'redraw_plan', ['area_path'], unique=False, postgresql_using='gist')
    op.create_index('redraw_plan_created_idx', 'redraw_plan', [sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('redraw_plan_due_idx', 'redraw_plan', ['effective_at'], unique=False, postgresql_where=sa.text("state = 'approved'"))
    op.create_table('area_lineage',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('from_area_id', sa.BigInteger(), nullable=False),
    sa.Column('to_area_id', sa.BigInteger(), nullable=False),
    sa.Column('share_area', sa.Float(), nullable=False),
    sa.Column('share_households', sa.Float(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('share_area BETWEEN 0 AND 1', name=op.f('area_lineage_share_area_check')),
    sa.CheckConstraint('share_households BETWEEN 0 AND 1', name=op.f('area_lineage_share_households_check')),
    sa.ForeignKeyConstraint(['from_area_id'], ['area.id'], name=op.f('area_lineage_from_area_id_fkey')),
    sa.ForeignKeyConstraint(['plan_id'], ['redraw_plan.id'], name=op.f('area_lineage_plan_id_fkey')),
    sa.ForeignKeyConstraint(['to_area_id'], ['area.id'], name=op.f('area_lineage_to_area_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('area_lineage_pkey')),
    sa.UniqueConstraint('plan_id', 'from_area_id', 'to_area_id', name=op.f('area_lineage_plan_id_from_area_id_to_area_id_key'))
    )
    op.create_index('area_lineage_from_idx', 'area_lineage', ['from_area_id'], unique=False)
    op.create_index('area_lineage_to_idx', 'area_lineage', ['to_area_id'], unique=False)
    op.create_table('redraw_change',
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('area_id', sa.BigInteger(), nullable=False),
    sa.Column('old_version_id', sa.BigInteger(), nullable=True),
    sa.Column('new_version_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('redraw_change_area_id_fkey')),
    sa.ForeignKeyConstraint(['new_version_id'], ['area_version.id'], name=op.f('redraw_change_new_version_id_fkey')),
    sa.ForeignKeyConstraint(['old_version_id'], ['area_version.id'], name=op.f('redraw_change_old_version_id_fkey')),
    sa.ForeignKeyConstraint(['plan_id'], ['redraw_plan.id'], name=op.f('redraw_change_plan_id_fkey')),
    sa.PrimaryKeyConstraint('plan_id', 'area_id', name=op.f('redraw_change_pkey'))
    )
    op.create_index('redraw_change_area_idx', 'redraw_change', ['area_id'], unique=False)
    op.create_geospatial_table('redraw_item',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('sort', sa.SmallInteger(), nullable=False),
    sa.Column('operation', sa.Text(), nullable=False),
    sa.Column('given', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('geom', Geometry(srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry'), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("operation IN ('create','split','merge','move_border','rename','reparent','retire','replace','restore')", name=op.f('redraw_item_operation_check')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('redraw_item_account_id_fkey')),
    sa.ForeignKeyConstraint(['plan_id'], ['redraw_plan.id'], name=op.f('redraw_item_plan_id_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('redraw_item_pkey')),
    sa.UniqueConstraint('plan_id', 'sort', name=op.f('redraw_item_plan_id_sort_key'))
    )
    op.create_geospatial_index('area_version_geom_past_idx', 'area_version', ['geom'], unique=False, postgresql_using='gist', postgresql_where=sa.text('NOT upper_inf(valid)'), postgresql_ops={})
    op.create_index('case_event_rehome_idx', 'case_event', ['case_id', 'at'], unique=False, postgresql_where=sa.text("operation = 'rehome'"))
    op.drop_index("case_event_version_key", table_name="case_event")
    op.create_index("case_event_version_key", "case_event", ["case_id", "version"], unique=True,
                    postgresql_where=sa.text(_MARKS))


def downgrade() -> None:
    # Marks that the older index could not hold; the table is append-only by a trigger.
    op.execute("ALTER TABLE case_event DISABLE TRIGGER USER")
    op.execute("DELETE FROM case_event WHERE operation = 'rehome'")
    op.execute("ALTER TABLE case_event ENABLE TRIGGER USER")
    op.drop_index("case_event_version_key", table_name="case_event")
    op.create_index("case_event_version_key", "case_event", ["case_id", "version"], unique=True,
                    postgresql_where=sa.text("operation <> 'overdue'"))
    op.drop_index('case_event_rehome_idx', table_name='case_event', postgresql_where=sa.text("operation = 'rehome'"))
    op.drop_geospatial_index('area_version_geom_past_idx', table_name='area_version', postgresql_using='gist', postgresql_where=sa.text('NOT upper_inf(valid)'), column_name='geom')
    op.drop_geospatial_table('redraw_item')
    op.drop_index('redraw_change_area_idx', table_name='redraw_change')
    op.drop_table('redraw_change')
    op.drop_index('area_lineage_to_idx', table_name='area_lineage')
    op.drop_index('area_lineage_from_idx', table_name='area_lineage')
    op.drop_table('area_lineage')
    op.drop_index('redraw_plan_due_idx', table_name='redraw_plan', postgresql_where=sa.text("state = 'approved'"))
    op.drop_index('redraw_plan_created_idx', table_name='redraw_plan')
    op.drop_index('redraw_plan_area_gist_idx', table_name='redraw_plan', postgresql_using='gist')
    op.drop_table('redraw_plan')
