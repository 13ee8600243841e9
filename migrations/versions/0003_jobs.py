"""the job queue

Revision: 0003, after: 0002

The queue's tables come from the library's own SQL file, into a schema of their own, so that its
names and ours never meet. The file is third-party code and is not kept here, so what it has to be is
known by its checksum: another version's tables would differ from those of a database made before
(docs/decisions/0002-one-postgresql.md).
"""

from hashlib import sha256
from importlib.resources import files

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SHA-256 of procrastinate/sql/schema.sql → the versions that have it.
KNOWN = {"c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009": "3.10"}


def upgrade() -> None:
    sql = files("procrastinate").joinpath("sql", "schema.sql").read_text(encoding="utf-8")
    known_version(sql)
    driver = op.get_bind().connection.driver_connection
    driver.execute("CREATE SCHEMA jobs")
    driver.execute("SET LOCAL search_path = jobs, public")
    driver.execute(sql)
    driver.execute("SET LOCAL search_path = public")


def known_version(sql: str) -> str:
    """The version of the library whose tables this SQL makes. Raises RuntimeError for an unknown one."""
    version = KNOWN.get(sha256(sql.encode()).hexdigest())
    if version is None:
        raise RuntimeError(
            "任务队列的库 procrastinate 换了表结构，需要新的迁移，见 docs/decisions/0002 · procrastinate"
            " has other tables than this revision knows; they need a revision of their own, see"
            " docs/decisions/0002"
        )
    return version


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
