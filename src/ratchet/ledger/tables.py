"""The ledger's one table, as the queries see it; `migrations/` makes it."""

import sqlalchemy as sa

ENTRIES = sa.table(
    "ledger",
    sa.column("number", sa.BigInteger),
    sa.column("kind", sa.String),
    sa.column("model", sa.String),
    sa.column("at", sa.String),
    sa.column("actor", sa.Text),
    sa.column("reason", sa.Text),
    sa.column("payload", sa.Text),
    sa.column("key", sa.String),
    sa.column("previous", sa.String),
    sa.column("hash", sa.String),
)
