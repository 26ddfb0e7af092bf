"""The table of entries, which the database itself keeps from being changed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NOTHING = "0" * 64
OUT_OF_TURN = f"""
NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM ledger)
OR NEW.previous <> COALESCE((SELECT hash FROM ledger ORDER BY number DESC LIMIT 1), '{NOTHING}')
OR EXISTS (SELECT 1 FROM ledger WHERE key = NEW.key OR hash = NEW.hash)
"""  # noqa: S608 (ours alone); the last line because INSERT OR REPLACE would take the other entry away silently
ON_SQLITE = (
    "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    f"CREATE TRIGGER ledger_in_turn BEFORE INSERT ON ledger WHEN {OUT_OF_TURN} "
    "BEGIN SELECT RAISE(ABORT, 'an entry follows the last one of the ledger'); END",
)
ON_POSTGRESQL = (
    "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
    "CREATE FUNCTION ledger_check_turn() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF {OUT_OF_TURN} THEN RAISE EXCEPTION 'an entry follows the last one of the ledger'; END IF; "
    "RETURN NEW; END $$",
    "CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER ledger_in_turn BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_check_turn()",
)


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
    for statement in ON_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else ON_SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a ledger is not unmade."""
    raise NotImplementedError("a ledger can't be taken back: keep the database, or restore a copy of it")
