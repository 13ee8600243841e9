"""the job queue

Revision: 0003, after: 0002

The queue's tables come from the library's own SQL file, into a schema of their own, so that its
names and ours never meet.
"""

from importlib.resources import files

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sql = files("procrastinate").joinpath("sql", "schema.sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    driver.execute("CREATE SCHEMA jobs")
    driver.execute("SET LOCAL search_path = jobs, public")
    driver.execute(sql)
    driver.execute("SET LOCAL search_path = public")


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
