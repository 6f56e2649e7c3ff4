"""Budgets that credit notes do not reopen; indexes for what is asked by day, and for what is pruned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INDEXES = (
    ("leases", ("advertiser_id", "day")),
    ("leases", ("day", "advertiser_id", "campaign_id")),
    ("leases", ("node", "created_at")),
    ("leases", ("status", "closed_at")),
    ("consumed_events", ("at",)),
    ("spend_days", ("advertiser_id", "credited_micros")),
)
#: What credit notes gave back of the days before this column: the entries of their transactions know it.
CREDITED = """
UPDATE spend_days SET credited_micros = (
    SELECT COALESCE(-SUM(entries.amount_micros), 0)
    FROM transactions JOIN entries ON entries.transaction_id = transactions.id
    WHERE transactions.kind = 'credit_note' AND entries.account = 'spent'
    AND transactions.advertiser_id = spend_days.advertiser_id
    AND transactions.campaign_id = spend_days.campaign_id AND transactions.budget_day = spend_days.day
)
WHERE advertiser_id IN (SELECT advertiser_id FROM transactions WHERE kind = 'credit_note')
"""


def upgrade() -> None:
    """Add the column with what it would have by now, and the indexes."""
    credited = sa.Column("credited_micros", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    op.add_column("spend_days", credited)
    op.execute(CREDITED)
    for table, columns in INDEXES:
        op.create_index(_name(table, columns), table, list(columns))


def downgrade() -> None:
    """Drop them."""
    for table, columns in reversed(INDEXES):
        op.drop_index(_name(table, columns), table_name=table)
    # Not by a copy of the table: on SQLite a copy would be without its checks.
    op.execute("ALTER TABLE spend_days DROP COLUMN credited_micros")


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")
