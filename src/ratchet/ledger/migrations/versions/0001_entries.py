"""The table of entries, which the database itself keeps from being changed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

REFUSE_ON_SQLITE = """
CREATE TRIGGER ledger_no_{event} BEFORE {event} ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""
REFUSAL_ON_POSTGRESQL = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
"""
REFUSE_ON_POSTGRESQL = """
CREATE TRIGGER ledger_no_{event} BEFORE {event} ON ledger
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
"""


def upgrade() -> None:
    """Make the table and its guards."""
    op.create_table(
        "ledger",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("key", sa.String(200), nullable=True, unique=True),
        sa.Column("previous", sa.String(64), nullable=False, unique=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    op.create_index("ledger_by_model", "ledger", ["model", "kind", "number"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSAL_ON_POSTGRESQL)
        for event in ("UPDATE", "DELETE", "TRUNCATE"):
            op.execute(REFUSE_ON_POSTGRESQL.format(event=event))
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(REFUSE_ON_SQLITE.format(event=event))


def downgrade() -> None:
    """Refuse: a ledger is not unmade."""
    raise NotImplementedError("a ledger can't be taken back: keep the database, or restore a copy of it")
