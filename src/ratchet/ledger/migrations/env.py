"""What Alembic runs: the migrations, on the connection that `ratchet.ledger.database` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="ledger_version")
with context.begin_transaction():
    context.run_migrations()
