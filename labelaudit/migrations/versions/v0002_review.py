"""Decisions get a comment, the audit, a stage and a key; slices and preferences get a table."""

import sqlalchemy as sa
from alembic import op

from labelaudit.decisions import natural_key

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns, and give each decision the key that an import of its line in an old export would give it."""
    connection = op.get_bind()
    # A few databases were made with these columns before there was a note of their version.
    found = {column["name"] for column in sa.inspect(connection).get_columns("decisions")}
    for name in ("comment", "run", "stage", "key"):
        if name not in found:
            op.add_column("decisions", sa.Column(name, sa.Text, nullable=False, server_default=""))
    keyless = connection.execute(sa.text("SELECT * FROM decisions WHERE key = '' ORDER BY seq")).mappings().all()
    keys = [{"seq": row["seq"], "key": natural_key(dict(row))} for row in keyless]
    if keys:
        connection.execute(sa.text("UPDATE decisions SET key = :key WHERE seq = :seq"), keys)
    op.create_index("decisions_by_key", "decisions", ["workspace", "key"], unique=True)
    op.create_table(
        "slices",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("workspace", "fingerprint", "name")),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("selection", "rank", "reviewer", "stage", "actor", "time")
        ),
    )
    op.create_table(
        "preferences",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("workspace", "reviewer", "name")),
        sa.Column("value", sa.Text, nullable=False),
    )
