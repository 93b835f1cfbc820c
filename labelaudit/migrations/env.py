"""What Alembic runs: the steps that are missing, in the transaction that `labelaudit.database` opened."""

from alembic import context

from labelaudit.database import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
