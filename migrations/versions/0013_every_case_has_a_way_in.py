"""every case has a way in

Revision: 0013, after: 0012

A case without an area and without a place where it came in was seen by nobody; imported ones had no
place where they came in. Both get one here (docs/decisions/0015), and the way in its index.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The nearest desk, of equally near ones the highest; without any desk the nearest top area.
TAKE_IN = """
UPDATE case_file c SET intake_path = (
  SELECT n.path
    FROM (SELECT 1 AS step, v.path, v.geom <-> c.location AS away
            FROM posting p JOIN account a ON a.id = p.account_id
            JOIN area_version v ON v.path = p.area_path AND upper_inf(v.valid)
           WHERE p.post IN ('intake', 'duty_officer') AND p.valid @> CURRENT_DATE
             AND a.disabled_at IS NULL
          UNION ALL
          SELECT 2, v.path, v.geom <-> c.location
            FROM area_version v
           WHERE v.parent_id IS NULL AND v.level <> 'unit_grid' AND upper_inf(v.valid)) n
   ORDER BY n.step, n.away, nlevel(n.path), n.path LIMIT 1)
 WHERE c.area_path IS NULL AND c.intake_path IS NULL
"""
# Where no area was ever imported there is none to give: such rows stay, new ones are refused.
CHECK_ALL = """
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM case_file WHERE area_path IS NULL AND intake_path IS NULL) THEN
    ALTER TABLE case_file VALIDATE CONSTRAINT case_file_way_in_check;
  END IF;
END $$
"""


def upgrade() -> None:
    op.execute(
        "UPDATE case_file SET intake_path = area_path"
        " WHERE intake_path IS NULL AND area_path IS NOT NULL"
    )
    op.execute(TAKE_IN)
    op.execute(
        "ALTER TABLE case_file ADD CONSTRAINT case_file_way_in_check"
        " CHECK (num_nonnulls(area_path, intake_path) > 0) NOT VALID"
    )
    op.execute(CHECK_ALL)
    op.create_index(
        "case_file_intake_gist_idx", "case_file", ["intake_path"], postgresql_using="gist"
    )


def downgrade() -> None:
    op.drop_index("case_file_intake_gist_idx", table_name="case_file")
    op.execute("ALTER TABLE case_file DROP CONSTRAINT case_file_way_in_check")
