"""The table of decisions as the first versions made it, which kept no note of their version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make it, unless one of them did."""
    op.create_table(
        "decisions",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("workspace", "time", "actor", "action", "id", "part")),
        *(sa.Column(name, sa.Text) for name in ("before", "after")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("reason", "batch")),
        sa.Column("base", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index("decisions_of_data", "decisions", ["workspace", "fingerprint", "seq"], if_not_exists=True)
