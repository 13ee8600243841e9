"""administrators hold no other post, by the database

Revision: 0016, after: 0015

What was granted against the rule before is void: of two postings of one account whose terms meet, one
of an administrator and one not, the later never held. Sessions that were open when their account was
shut end, so that an account that is opened again logs in anew.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ADMINISTRATES = "post IN ('system_admin','security_admin','audit_admin')"


def upgrade() -> None:
    op.execute(
        f"""
        WITH void AS (
          UPDATE posting p SET valid = 'empty'
            FROM posting q
           WHERE q.account_id = p.account_id AND q.id < p.id AND q.valid && p.valid
             AND (p.{_ADMINISTRATES}) <> (q.{_ADMINISTRATES})
          RETURNING p.account_id, p.post)
        INSERT INTO account_event (event, account_id, detail)
        SELECT DISTINCT 'post_ended', account_id, post FROM void
        """
    )
    op.execute(
        "ALTER TABLE posting ADD CONSTRAINT posting_administrators_apart EXCLUDE USING gist"
        f" (account_id WITH =, valid WITH &&, (({_ADMINISTRATES})::integer) WITH <>)"
    )
    op.execute(
        "UPDATE session s SET revoked_at = now() FROM account a"
        " WHERE a.id = s.account_id AND a.disabled_at IS NOT NULL AND s.revoked_at IS NULL"
    )


def downgrade() -> None:
    op.drop_constraint("posting_administrators_apart", "posting")
