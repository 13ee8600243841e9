"""photos that are owed bar no move

Revision: 0012, after: 0011

A guard of procedures already in use is gone: what was lacking is told by the event instead
(docs/decisions/0018).
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE procedure_move SET guards = array_remove(guards, 'photos_are_there')"
        " WHERE 'photos_are_there' = ANY (guards)"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE procedure_move SET guards = guards || '{photos_are_there}'"
        " WHERE requires->'properties' ? 'without_evidence'"
    )
