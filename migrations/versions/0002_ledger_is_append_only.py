"""Let nobody change or remove a row of the ledger.

Needs TRIGGER on the database; on MySQL with a binary log also log_bin_trust_function_creators (or SUPER).
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("transactions", "entries")
DEEDS = ("update", "delete")


def create_statements(dialect: str) -> list[str]:
    """Return one CREATE TRIGGER for each table and deed."""
    body = (
        "BEGIN SELECT RAISE(ABORT, '{text}'); END"
        if dialect == "sqlite"
        else "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{text}'"
    )
    return [
        f"CREATE TRIGGER {table}_no_{deed} BEFORE {deed.upper()} ON {table} FOR EACH ROW "
        + body.format(text=f"{table} is append-only")
        for table in TABLES
        for deed in DEEDS
    ]


def drop_statements() -> list[str]:
    """Return one DROP TRIGGER for each table and deed."""
    return [f"DROP TRIGGER IF EXISTS {table}_no_{deed}" for table in TABLES for deed in DEEDS]


def upgrade() -> None:
    for statement in create_statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in drop_statements():
        op.execute(statement)
