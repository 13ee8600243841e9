"""the ground floor

Revision: 0001, after: 
"""

from alembic import op
import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


class Ltree(UserDefinedType[str]):
    """A path of labels."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "ltree"


def upgrade() -> None:
    op.execute('CREATE SEQUENCE case_number_seq')
    op.create_table('account',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('username', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), server_default='zh', nullable=False),
    sa.Column('theme', sa.Text(), server_default='light', nullable=False),
    sa.Column('failed_logins', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('password_changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('is_example', sa.Boolean(), server_default='false', nullable=False),
    sa.CheckConstraint("locale IN ('zh','en')", name=op.f('account_locale_check')),
    sa.PrimaryKeyConstraint('id', name=op.f('account_pkey'))
    )
    op.create_index('account_username_key', 'account', [sa.literal_column('lower(username)')], unique=True)
    op.create_table('area',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('code_scheme', sa.Text(), server_default='governance', nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("code_scheme IN ('governance','unit','external')", name=op.f('area_code_scheme_check')),
    sa.CheckConstraint("kind IN ('general_grid','dedicated_grid')", name=op.f('area_kind_check')),
    sa.CheckConstraint("level IN ('province','city','district','street','community','grid','microgrid','unit_grid')", name=op.f('area_level_check')),
    sa.PrimaryKeyConstraint('id', name=op.f('area_pkey')),
    sa.UniqueConstraint('code', name=op.f('area_code_key'))
    )
    op.create_index('area_level_idx', 'area', ['level'], unique=False)
    op.create_table('area_setting',
    sa.Column('path', Ltree(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('path', 'key', name=op.f('area_setting_pkey'))
    )
    op.create_table('calendar_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('working', sa.Boolean(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('name_en', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('calendar_day_pkey'))
    )
    op.create_table('case_number_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('first_number', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('case_number_day_pkey'))
    )
    op.create_table('channel',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('parent', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('sort', sa.SmallInteger(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['parent'], ['channel.code'], name=op.f('channel_parent_fkey')),
    sa.PrimaryKeyConstraint('code', name=op.f('channel_pkey'))
    )
    op.create_table('closed_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('facts', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('closed_day_pkey'))
    )
    op.create_table('department',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('area_path', Ltree(), nullable=True),
    sa.Column('is_example', sa.Boolean(), server_default='false', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('department_pkey')),
    sa.UniqueConstraint('code', name=op.f('department_code_key'))
    )
    op.create_table('indicator',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('number', sa.SmallInteger(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('numerator', sa.Text(), nullable=False),
    sa.Column('numerator_en', sa.Text(), nullable=False),
    sa.Column('denominator', sa.Text(), nullable=True),
    sa.Column('denominator_en', sa.Text(), nullable=True),
    sa.Column('excluded', sa.Text(), nullable=True),
    sa.Column('excluded_en', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('target', sa.Numeric(precision=6, scale=2), nullable=True),
    sa.Column('sort', sa.SmallInteger(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('indicator_pkey'))
    )
    op.create_table('journal',
    sa.Column('number', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('area_path', Ltree(), nullable=True),
    sa.Column('intake_path', Ltree(), nullable=True),
    sa.Column('department_id', sa.BigInteger(), nullable=True),
    sa.Column('reporter_account_id', sa.Uuid(), nullable=True),
    sa.Column('holder_account_id', sa.Uuid(), nullable=True),
    sa.Column('confidentiality', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('journal_pkey'))
    )
    op.create_table('post',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('clearance', sa.SmallInteger(), nullable=False),
    sa.Column('administrates', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('sort', sa.SmallInteger(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('post_pkey'))
    )
    op.create_table('procedure',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('version', sa.SmallInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('stages', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('current', sa.Boolean(), server_default='true', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('procedure_pkey')),
    sa.UniqueConstraint('code', 'version', name=op.f('procedure_code_version_key'))
    )
    op.create_index('procedure_current_key', 'procedure', ['code'], unique=True, postgresql_where=sa.text('current'))
    op.create_table('working_period',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('area_path', Ltree(), nullable=True),
    sa.Column('starts', sa.Time(), nullable=False),
    sa.Column('ends', sa.Time(), nullable=False),
    sa.Column('valid', postgresql.DATERANGE(), server_default=sa.text('daterange(NULL, NULL)'), nullable=False),
    sa.CheckConstraint('starts < ends', name=op.f('working_period_order_check')),
    sa.PrimaryKeyConstraint('id', name=op.f('working_period_pkey'))
    )
    op.create_table('account_event',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('username', sa.Text(), nullable=True),
    sa.Column('actor_account_id', sa.Uuid(), nullable=True),
    sa.Column('address', postgresql.INET(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('account_event_account_id_fkey')),
    sa.ForeignKeyConstraint(['actor_account_id'], ['account.id'], name=op.f('account_event_actor_account_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('account_event_pkey'))
    )
    op.create_index('account_event_account_idx', 'account_event', ['account_id', 'at'], unique=False)
    op.create_table('area_external_code',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('area_id', sa.BigInteger(), nullable=False),
    sa.Column('scheme', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('area_external_code_area_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('area_external_code_pkey'))
    )
    op.create_index('area_external_code_code_idx', 'area_external_code', ['scheme', 'code'], unique=False)
    op.create_geospatial_table('area_version',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('area_id', sa.BigInteger(), nullable=False),
    sa.Column('parent_id', sa.BigInteger(), nullable=True),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=True),
    sa.Column('path', Ltree(), nullable=False),
    sa.Column('geom', Geometry(geometry_type='MULTIPOLYGON', srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
    sa.Column('area_m2', sa.Double(), nullable=False),
    sa.Column('perimeter_m', sa.Double(), nullable=False),
    sa.Column('households', sa.Integer(), nullable=True),
    sa.Column('valid', postgresql.TSTZRANGE(), server_default=sa.text('tstzrange(now(), NULL)'), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('is_example', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('batch_id', sa.Text(), nullable=True),
    postgresql.ExcludeConstraint((sa.column('area_id'), '='), (sa.column('valid'), '&&'), using='gist', name='area_version_one_at_a_time'),
    sa.CheckConstraint('NOT isempty(valid)', name=op.f('area_version_valid_not_empty_check')),
    sa.CheckConstraint('ST_IsValid(geom) AND NOT ST_IsEmpty(geom)', name=op.f('area_version_geom_valid_check')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('area_version_area_id_fkey')),
    sa.ForeignKeyConstraint(['parent_id'], ['area.id'], name=op.f('area_version_parent_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('area_version_pkey'))
    )
    op.create_index('area_version_area_idx', 'area_version', ['area_id'], unique=False)
    op.create_geospatial_index('area_version_geom_now_idx', 'area_version', ['geom'], unique=False, postgresql_using='gist', postgresql_where=sa.text('upper_inf(valid)'), postgresql_ops={})
    op.create_index('area_version_parent_idx', 'area_version', ['parent_id'], unique=False)
    op.create_index('area_version_path_gist_idx', 'area_version', ['path'], unique=False, postgresql_using='gist')
    op.create_index('area_version_path_now_idx', 'area_version', ['path'], unique=True, postgresql_where=sa.text('upper_inf(valid)'))
    op.create_geospatial_table('building',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('microgrid_id', sa.BigInteger(), nullable=False),
    sa.Column('geom', Geometry(geometry_type='MULTIPOLYGON', srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
    sa.Column('floors', sa.SmallInteger(), nullable=True),
    sa.Column('height_m', sa.Float(), nullable=True),
    sa.Column('height_derived', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('usage', sa.Text(), nullable=True),
    sa.Column('footprint_m2', sa.Float(), nullable=False),
    sa.Column('households_estimated', sa.Integer(), nullable=True),
    sa.Column('batch_id', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('area_path', Ltree(), nullable=False),
    sa.Column('valid', postgresql.DATERANGE(), server_default=sa.text('daterange(CURRENT_DATE, NULL)'), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('legacy_id', sa.Text(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('is_example', sa.Boolean(), server_default='false', nullable=False),
    sa.CheckConstraint('ST_IsValid(geom) AND NOT ST_IsEmpty(geom)', name=op.f('building_geom_valid_check')),
    sa.CheckConstraint('floors IS NULL OR floors BETWEEN 1 AND 200', name=op.f('building_floors_check')),
    sa.ForeignKeyConstraint(['microgrid_id'], ['area.id'], name=op.f('building_microgrid_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('building_pkey'))
    )
    op.create_index('building_area_gist_idx', 'building', ['area_path'], unique=False, postgresql_using='gist')
    op.create_index('building_code_now_key', 'building', ['code'], unique=True, postgresql_where=sa.text('upper_inf(valid)'))
    op.create_geospatial_index('building_geom_idx', 'building', ['geom'], unique=False, postgresql_using='gist', postgresql_ops={})
    op.create_index('building_microgrid_idx', 'building', ['microgrid_id'], unique=False)
    op.create_table('catalogue_item',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('scheme', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('procedure', sa.Text(), nullable=False),
    sa.Column('severity', sa.Text(), nullable=False),
    sa.Column('confidentiality', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('default_department_id', sa.BigInteger(), nullable=True),
    sa.Column('pinyin', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('initials', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('aliases', sa.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('sort', sa.SmallInteger(), server_default='0', nullable=False),
    sa.CheckConstraint("severity IN ('simple','general','prominent','major')", name=op.f('catalogue_item_severity_check')),
    sa.ForeignKeyConstraint(['default_department_id'], ['department.id'], name=op.f('catalogue_item_default_department_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('catalogue_item_pkey')),
    sa.UniqueConstraint('scheme', 'code', name=op.f('catalogue_item_scheme_code_key'))
    )
    op.create_table('grid_worker',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('employment', sa.Text(), server_default='full_time', nullable=False),
    sa.Column('area_path', Ltree(), nullable=False),
    sa.Column('capacity', sa.SmallInteger(), server_default='10', nullable=False),
    sa.Column('valid', postgresql.DATERANGE(), server_default=sa.text('daterange(CURRENT_DATE, NULL)'), nullable=False),
    sa.Column('is_example', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('batch_id', sa.Text(), nullable=True),
    sa.CheckConstraint("employment IN ('full_time','part_time','volunteer')", name=op.f('grid_worker_employment_check')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('grid_worker_account_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('grid_worker_pkey')),
    sa.UniqueConstraint('account_id', name=op.f('grid_worker_account_id_key'))
    )
    op.create_index('grid_worker_area_gist_idx', 'grid_worker', ['area_path'], unique=False, postgresql_using='gist')
    op.create_index('grid_worker_code_key', 'grid_worker', [sa.literal_column('lower(code)')], unique=True)
    op.create_table('posting',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('post', sa.Text(), nullable=False),
    sa.Column('area_path', Ltree(), nullable=True),
    sa.Column('department_id', sa.BigInteger(), nullable=True),
    sa.Column('clearance', sa.SmallInteger(), nullable=True),
    sa.Column('valid', postgresql.DATERANGE(), server_default=sa.text('daterange(CURRENT_DATE, NULL)'), nullable=False),
    postgresql.ExcludeConstraint((sa.column('account_id'), '='), (sa.column('valid'), '&&'), where=sa.text("post IN ('system_admin','security_admin','audit_admin')"), using='gist', name='posting_one_administrator'),
    sa.CheckConstraint("post <> 'handler' OR department_id IS NOT NULL", name=op.f('posting_department_check')),
    sa.CheckConstraint("post NOT IN ('grid_worker','intake','dispatcher','duty_officer','official','wall') OR area_path IS NOT NULL", name=op.f('posting_area_check')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('posting_account_id_fkey')),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('posting_department_id_fkey')),
    sa.ForeignKeyConstraint(['post'], ['post.code'], name=op.f('posting_post_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('posting_pkey'))
    )
    op.create_index('posting_account_idx', 'posting', ['account_id'], unique=False)
    op.create_table('procedure_move',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('procedure_id', sa.BigInteger(), nullable=False),
    sa.Column('operation', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=False),
    sa.Column('to_state', sa.Text(), nullable=False),
    sa.Column('posts', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('holder_only', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('when', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('requires', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('guards', sa.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('clock', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('effects', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('sort', sa.SmallInteger(), nullable=False),
    sa.ForeignKeyConstraint(['procedure_id'], ['procedure.id'], name=op.f('procedure_move_procedure_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('procedure_move_pkey')),
    sa.UniqueConstraint('procedure_id', 'operation', 'from_state', 'to_state', name=op.f('procedure_move_procedure_id_operation_from_state_to_state_key'))
    )
    op.create_index('procedure_move_state_idx', 'procedure_move', ['procedure_id', 'from_state'], unique=False)
    op.create_table('procedure_state',
    sa.Column('procedure_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('character', sa.Text(), nullable=False),
    sa.Column('step', sa.SmallInteger(), nullable=False),
    sa.Column('final', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('public_state', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['procedure_id'], ['procedure.id'], name=op.f('procedure_state_procedure_id_fkey')),
    sa.PrimaryKeyConstraint('procedure_id', 'state', name=op.f('procedure_state_pkey'))
    )
    op.create_table('session',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('address', postgresql.INET(), nullable=True),
    sa.Column('agent', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('browser','api','wall')", name=op.f('session_kind_check')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('session_account_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('session_pkey')),
    sa.UniqueConstraint('token_hash', name=op.f('session_token_hash_key'))
    )
    op.create_index('session_account_idx', 'session', ['account_id'], unique=False)
    op.create_geospatial_table('case_file',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('procedure_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('severity', sa.Text(), nullable=False),
    sa.Column('confidentiality', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('area_path', Ltree(), nullable=True),
    sa.Column('intake_path', Ltree(), nullable=True),
    sa.Column('department_id', sa.BigInteger(), nullable=True),
    sa.Column('reporter_account_id', sa.Uuid(), nullable=True),
    sa.Column('holder_account_id', sa.Uuid(), nullable=True),
    sa.Column('holder_worker_id', sa.Uuid(), nullable=True),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('place', sa.Text(), nullable=True),
    sa.Column('stage', sa.Text(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('close_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stage_started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('location', Geometry(geometry_type='POINT', srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('handler_account_id', sa.Uuid(), nullable=True),
    sa.Column('returns', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('reworks', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('synthetic', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.ForeignKeyConstraint(['channel'], ['channel.code'], name=op.f('case_file_channel_fkey')),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('case_file_department_id_fkey')),
    sa.ForeignKeyConstraint(['handler_account_id'], ['account.id'], name=op.f('case_file_handler_account_id_fkey')),
    sa.ForeignKeyConstraint(['holder_account_id'], ['account.id'], name=op.f('case_file_holder_account_id_fkey')),
    sa.ForeignKeyConstraint(['item_id'], ['catalogue_item.id'], name=op.f('case_file_item_id_fkey')),
    sa.ForeignKeyConstraint(['parent_id'], ['case_file.id'], name=op.f('case_file_parent_id_fkey')),
    sa.ForeignKeyConstraint(['procedure_id'], ['procedure.id'], name=op.f('case_file_procedure_id_fkey')),
    sa.ForeignKeyConstraint(['reporter_account_id'], ['account.id'], name=op.f('case_file_reporter_account_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('case_file_pkey')),
    sa.UniqueConstraint('number', name=op.f('case_file_number_key'))
    )
    op.create_index('case_file_area_gist_idx', 'case_file', ['area_path'], unique=False, postgresql_using='gist')
    op.create_index('case_file_close_due_idx', 'case_file', ['close_due_at'], unique=False, postgresql_where=sa.text('close_due_at IS NOT NULL'))
    op.create_index('case_file_department_idx', 'case_file', ['department_id', sa.literal_column('opened_at DESC')], unique=False)
    op.create_index('case_file_due_idx', 'case_file', ['due_at'], unique=False, postgresql_where=sa.text('due_at IS NOT NULL'))
    op.create_index('case_file_filed_idx', 'case_file', ['filed_at'], unique=False, postgresql_where=sa.text('filed_at IS NOT NULL'))
    op.create_index('case_file_holder_idx', 'case_file', ['holder_account_id', sa.literal_column('opened_at DESC')], unique=False)
    op.create_geospatial_index('case_file_location_idx', 'case_file', ['location'], unique=False, postgresql_using='gist', postgresql_ops={})
    op.create_index('case_file_opened_idx', 'case_file', [sa.literal_column('opened_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('case_file_reporter_idx', 'case_file', ['reporter_account_id', sa.literal_column('opened_at DESC')], unique=False)
    op.create_index('case_file_state_idx', 'case_file', ['state', sa.literal_column('opened_at DESC')], unique=False)
    op.create_table('duty',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('worker_id', sa.Uuid(), nullable=False),
    sa.Column('area_id', sa.BigInteger(), nullable=False),
    sa.Column('area_path', Ltree(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('rank', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('valid', postgresql.DATERANGE(), nullable=False),
    sa.Column('is_example', sa.Boolean(), server_default='false', nullable=False),
    postgresql.ExcludeConstraint((sa.column('area_id'), '='), (sa.column('kind'), '='), (sa.column('rank'), '='), (sa.column('valid'), '&&'), using='gist', name='duty_one_per_rank'),
    postgresql.ExcludeConstraint((sa.column('worker_id'), '='), (sa.column('area_id'), '='), (sa.column('kind'), '='), (sa.column('valid'), '&&'), using='gist', name='duty_once_at_a_time'),
    sa.CheckConstraint("(kind = 'deputy') = (rank > 0)", name=op.f('duty_rank_check')),
    sa.CheckConstraint("kind IN ('responsible','deputy','grid_leader')", name=op.f('duty_kind_check')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('duty_area_id_fkey')),
    sa.ForeignKeyConstraint(['worker_id'], ['grid_worker.id'], name=op.f('duty_worker_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('duty_pkey'))
    )
    op.create_index('duty_area_gist_idx', 'duty', ['area_path'], unique=False, postgresql_using='gist')
    op.create_index('duty_area_idx', 'duty', ['area_id'], unique=False)
    op.create_index('duty_worker_idx', 'duty', ['worker_id'], unique=False)
    op.create_table('dwelling',
    sa.Column('building_id', sa.Uuid(), nullable=False),
    sa.Column('entrance', sa.SmallInteger(), nullable=False),
    sa.Column('floor', sa.SmallInteger(), nullable=False),
    sa.Column('room', sa.Text(), nullable=False),
    sa.Column('occupancy', sa.Text(), server_default='unknown', nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('area_path', Ltree(), nullable=False),
    sa.Column('valid', postgresql.DATERANGE(), server_default=sa.text('daterange(CURRENT_DATE, NULL)'), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('legacy_id', sa.Text(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('is_example', sa.Boolean(), server_default='false', nullable=False),
    sa.CheckConstraint("occupancy IN ('owner','let','empty','unknown')", name=op.f('dwelling_occupancy_check')),
    sa.ForeignKeyConstraint(['building_id'], ['building.id'], name=op.f('dwelling_building_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('dwelling_pkey')),
    sa.UniqueConstraint('building_id', 'entrance', 'floor', 'room', name=op.f('dwelling_building_id_entrance_floor_room_key'))
    )
    op.create_index('dwelling_area_gist_idx', 'dwelling', ['area_path'], unique=False, postgresql_using='gist')
    op.create_table('filing_condition',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('limit_amount', sa.Numeric(precision=8, scale=2), nullable=False),
    sa.Column('limit_unit', sa.Text(), nullable=False),
    sa.Column('severity', sa.Text(), nullable=False),
    sa.Column('closing_condition', sa.Text(), nullable=False),
    sa.Column('closing_condition_en', sa.Text(), nullable=False),
    sa.Column('evidence', sa.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('is_default', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.CheckConstraint("limit_unit IN ('urgent_hour','work_hour','work_day','natural_day')", name=op.f('filing_condition_limit_unit_check')),
    sa.CheckConstraint("severity IN ('simple','general','prominent','major')", name=op.f('filing_condition_severity_check')),
    sa.CheckConstraint('limit_amount > 0', name=op.f('filing_condition_limit_amount_check')),
    sa.ForeignKeyConstraint(['item_id'], ['catalogue_item.id'], name=op.f('filing_condition_item_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('filing_condition_pkey')),
    sa.UniqueConstraint('item_id', 'code', name=op.f('filing_condition_item_id_code_key'))
    )
    op.create_index('filing_condition_default_key', 'filing_condition', ['item_id'], unique=True, postgresql_where=sa.text('is_default'))
    op.create_table('matter',
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('class_code', sa.Text(), nullable=False),
    sa.Column('class_name', sa.Text(), nullable=False),
    sa.Column('class_name_en', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['catalogue_item.id'], name=op.f('matter_item_id_fkey')),
    sa.PrimaryKeyConstraint('item_id', name=op.f('matter_pkey'))
    )
    op.create_geospatial_table('worker_position',
    sa.Column('worker_id', sa.Uuid(), nullable=False),
    sa.Column('location', Geometry(geometry_type='POINT', srid=4490, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry', nullable=False), nullable=False),
    sa.Column('accuracy_m', sa.Float(), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('moment', sa.Text(), nullable=False),
    sa.CheckConstraint("moment IN ('report','operation','visit')", name=op.f('worker_position_moment_check')),
    sa.ForeignKeyConstraint(['worker_id'], ['grid_worker.id'], name=op.f('worker_position_worker_id_fkey')),
    sa.PrimaryKeyConstraint('worker_id', name=op.f('worker_position_pkey'))
    )
    op.create_geospatial_index('worker_position_location_idx', 'worker_position', ['location'], unique=False, postgresql_using='gist', postgresql_ops={})
    op.create_table('attachment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('received_sha256', sa.LargeBinary(), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('width_px', sa.Integer(), nullable=False),
    sa.Column('height_px', sa.Integer(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('taken_lon', sa.Float(), nullable=True),
    sa.Column('taken_lat', sa.Float(), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("stage IN ('near','far','reference','before','after','check')", name=op.f('attachment_stage_check')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('attachment_account_id_fkey')),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('attachment_case_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('attachment_pkey'))
    )
    op.create_index('attachment_case_idx', 'attachment', ['case_id'], unique=False)
    op.create_table('case_event',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('operation', sa.Text(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=True),
    sa.Column('to_state', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('posting_id', sa.BigInteger(), nullable=True),
    sa.Column('post', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('case_event_account_id_fkey')),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('case_event_case_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('case_event_pkey'))
    )
    op.create_index('case_event_version_key', 'case_event', ['case_id', 'version'], unique=True, postgresql_where=sa.text("operation <> 'overdue'"))
    op.create_index('case_event_at_idx', 'case_event', ['at'], unique=False)
    op.create_table('case_fact',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('fact', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('area_path', Ltree(), nullable=True),
    sa.Column('intake_path', Ltree(), nullable=True),
    sa.Column('department_id', sa.BigInteger(), nullable=True),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('confidentiality', sa.SmallInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seconds', sa.BigInteger(), nullable=True),
    sa.Column('on_time', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('case_fact_case_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('case_fact_pkey'))
    )
    op.create_index('case_fact_area_gist_idx', 'case_fact', ['area_path'], unique=False, postgresql_using='gist')
    op.create_index('case_fact_case_idx', 'case_fact', ['case_id'], unique=False)
    op.create_index('case_fact_day_idx', 'case_fact', ['day', 'fact'], unique=False)
    op.create_table('case_timer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('limit_amount', sa.Numeric(precision=8, scale=2), nullable=False),
    sa.Column('limit_unit', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('original_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('overdue_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('case_timer_case_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('case_timer_pkey'))
    )
    op.create_index('case_timer_case_idx', 'case_timer', ['case_id'], unique=False)
    op.create_index('case_timer_one_running_key', 'case_timer', ['case_id', 'stage'], unique=True, postgresql_where=sa.text('stopped_at IS NULL'))
    op.create_index('case_timer_running_idx', 'case_timer', ['due_at'], unique=False, postgresql_where=sa.text('stopped_at IS NULL AND overdue_at IS NULL'))
    op.create_table('dispatch_choice',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('proposed', sa.Text(), nullable=True),
    sa.Column('chosen', sa.Text(), nullable=False),
    sa.Column('candidates', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('posting_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('dispatch_choice_account_id_fkey')),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('dispatch_choice_case_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('dispatch_choice_pkey'))
    )
    op.create_index('dispatch_choice_case_idx', 'dispatch_choice', ['case_id'], unique=False)
    op.create_table('household',
    sa.Column('dwelling_id', sa.Uuid(), nullable=False),
    sa.Column('size', sa.SmallInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('area_path', Ltree(), nullable=False),
    sa.Column('valid', postgresql.DATERANGE(), server_default=sa.text('daterange(CURRENT_DATE, NULL)'), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('legacy_id', sa.Text(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('is_example', sa.Boolean(), server_default='false', nullable=False),
    sa.CheckConstraint('size BETWEEN 1 AND 30', name=op.f('household_size_check')),
    sa.ForeignKeyConstraint(['dwelling_id'], ['dwelling.id'], name=op.f('household_dwelling_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('household_pkey'))
    )
    op.create_index('household_area_gist_idx', 'household', ['area_path'], unique=False, postgresql_using='gist')
    op.create_index('household_dwelling_idx', 'household', ['dwelling_id'], unique=False)
    op.create_table('incident',
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('filing_condition_id', sa.BigInteger(), nullable=True),
    sa.Column('datum', sa.Text(), nullable=False),
    sa.Column('given_lon', sa.Float(), nullable=False),
    sa.Column('given_lat', sa.Float(), nullable=False),
    sa.Column('accuracy_m', sa.Float(), nullable=True),
    sa.Column('border_m', sa.Float(), nullable=True),
    sa.Column('certain', sa.Boolean(), nullable=False),
    sa.Column('outside', sa.Boolean(), nullable=False),
    sa.Column('unit_grid_code', sa.Text(), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('incident_case_id_fkey')),
    sa.ForeignKeyConstraint(['filing_condition_id'], ['filing_condition.id'], name=op.f('incident_filing_condition_id_fkey')),
    sa.PrimaryKeyConstraint('case_id', name=op.f('incident_pkey'))
    )


def downgrade() -> None:
    op.drop_table('incident')
    op.drop_index('household_dwelling_idx', table_name='household')
    op.drop_index('household_area_gist_idx', table_name='household', postgresql_using='gist')
    op.drop_table('household')
    op.drop_index('dispatch_choice_case_idx', table_name='dispatch_choice')
    op.drop_table('dispatch_choice')
    op.drop_index('case_timer_running_idx', table_name='case_timer', postgresql_where=sa.text('stopped_at IS NULL AND overdue_at IS NULL'))
    op.drop_index('case_timer_one_running_key', table_name='case_timer', postgresql_where=sa.text('stopped_at IS NULL'))
    op.drop_index('case_timer_case_idx', table_name='case_timer')
    op.drop_table('case_timer')
    op.drop_index('case_fact_day_idx', table_name='case_fact')
    op.drop_index('case_fact_case_idx', table_name='case_fact')
    op.drop_index('case_fact_area_gist_idx', table_name='case_fact', postgresql_using='gist')
    op.drop_table('case_fact')
    op.drop_index('case_event_at_idx', table_name='case_event')
    op.drop_index('case_event_version_key', table_name='case_event')
    op.drop_table('case_event')
    op.drop_index('attachment_case_idx', table_name='attachment')
    op.drop_table('attachment')
    op.drop_geospatial_index('worker_position_location_idx', table_name='worker_position', postgresql_using='gist', column_name='location')
    op.drop_geospatial_table('worker_position')
    op.drop_table('matter')
    op.drop_index('filing_condition_default_key', table_name='filing_condition', postgresql_where=sa.text('is_default'))
    op.drop_table('filing_condition')
    op.drop_index('dwelling_area_gist_idx', table_name='dwelling', postgresql_using='gist')
    op.drop_table('dwelling')
    op.drop_index('duty_worker_idx', table_name='duty')
    op.drop_index('duty_area_idx', table_name='duty')
    op.drop_index('duty_area_gist_idx', table_name='duty', postgresql_using='gist')
    op.drop_table('duty')
    op.drop_index('case_file_state_idx', table_name='case_file')
    op.drop_index('case_file_reporter_idx', table_name='case_file')
    op.drop_index('case_file_opened_idx', table_name='case_file')
    op.drop_geospatial_index('case_file_location_idx', table_name='case_file', postgresql_using='gist', column_name='location')
    op.drop_index('case_file_holder_idx', table_name='case_file')
    op.drop_index('case_file_filed_idx', table_name='case_file', postgresql_where=sa.text('filed_at IS NOT NULL'))
    op.drop_index('case_file_due_idx', table_name='case_file', postgresql_where=sa.text('due_at IS NOT NULL'))
    op.drop_index('case_file_department_idx', table_name='case_file')
    op.drop_index('case_file_close_due_idx', table_name='case_file', postgresql_where=sa.text('close_due_at IS NOT NULL'))
    op.drop_index('case_file_area_gist_idx', table_name='case_file', postgresql_using='gist')
    op.drop_geospatial_table('case_file')
    op.drop_index('session_account_idx', table_name='session')
    op.drop_table('session')
    op.drop_table('procedure_state')
    op.drop_index('procedure_move_state_idx', table_name='procedure_move')
    op.drop_table('procedure_move')
    op.drop_index('posting_account_idx', table_name='posting')
    op.drop_table('posting')
    op.drop_index('grid_worker_code_key', table_name='grid_worker')
    op.drop_index('grid_worker_area_gist_idx', table_name='grid_worker', postgresql_using='gist')
    op.drop_table('grid_worker')
    op.drop_table('catalogue_item')
    op.drop_index('building_microgrid_idx', table_name='building')
    op.drop_geospatial_index('building_geom_idx', table_name='building', postgresql_using='gist', column_name='geom')
    op.drop_index('building_code_now_key', table_name='building', postgresql_where=sa.text('upper_inf(valid)'))
    op.drop_index('building_area_gist_idx', table_name='building', postgresql_using='gist')
    op.drop_geospatial_table('building')
    op.drop_index('area_version_path_now_idx', table_name='area_version', postgresql_where=sa.text('upper_inf(valid)'))
    op.drop_index('area_version_path_gist_idx', table_name='area_version', postgresql_using='gist')
    op.drop_index('area_version_parent_idx', table_name='area_version')
    op.drop_geospatial_index('area_version_geom_now_idx', table_name='area_version', postgresql_using='gist', postgresql_where=sa.text('upper_inf(valid)'), column_name='geom')
    op.drop_index('area_version_area_idx', table_name='area_version')
    op.drop_geospatial_table('area_version')
    op.drop_index('area_external_code_code_idx', table_name='area_external_code')
    op.drop_table('area_external_code')
    op.drop_index('account_event_account_idx', table_name='account_event')
    op.drop_table('account_event')
    op.drop_table('working_period')
    op.drop_index('procedure_current_key', table_name='procedure', postgresql_where=sa.text('current'))
    op.drop_table('procedure')
    op.drop_table('post')
    op.drop_table('journal')
    op.drop_table('indicator')
    op.drop_table('department')
    op.drop_table('closed_day')
    op.drop_table('channel')
    op.drop_table('case_number_day')
    op.drop_table('calendar_day')
    op.drop_table('area_setting')
    op.drop_index('area_level_idx', table_name='area')
    op.drop_table('area')
    op.drop_index('account_username_key', table_name='account')
    op.drop_table('account')
    op.execute('DROP SEQUENCE case_number_seq')
