"""Delivery: inventory, leases, charges by the hour, the outbox, notices, and a campaign's category."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from webapp.db import base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""

    op.create_table(
        "consumed_events",
        sa.Column(
            "consumer",
            sa.String(length=32)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=32), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=32), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "event_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_consumed_events")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "consumer",
            sa.String(length=32)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=32), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=32), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "event_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("happened_at", base.UtcDateTime(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("replayed_at", base.UtcDateTime(), nullable=True),
        sa.Column("replayed_by_name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
        sa.UniqueConstraint("consumer", "event_id", name=op.f("uq_dead_letters_consumer_event_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_dead_letters_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_dead_letters_replayed_at_id"), "dead_letters", ["replayed_at", "id"], unique=False)
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("relayed_at", base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outbox_events_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_outbox_events_relayed_at_id"), "outbox_events", ["relayed_at", "id"], unique=False)
    op.create_table(
        "serving_nodes",
        sa.Column("node", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fence_at", base.UtcDateTime(), nullable=True),
        sa.Column("seen_at", base.UtcDateTime(), nullable=True),
        sa.Column("settled_seq", sa.BigInteger(), nullable=False),
        sa.Column("settled_event_at", base.UtcDateTime(), nullable=True),
        sa.Column("trimmed_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_serving_nodes")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "domain",
            sa.String(length=253)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=253), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=253), "mysql"),
            nullable=False,
        ),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", base.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("domain", name=op.f("uq_sites_domain")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sites_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "charge_hours",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour_at", base.UtcDateTime(), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_charge_hours_advertiser_id")),
        sa.PrimaryKeyConstraint("campaign_id", "hour_at", name=op.f("pk_charge_hours")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_charge_hours_advertiser_id_day"), "charge_hours", ["advertiser_id", "day"], unique=False)
    op.create_index(
        op.f("ix_charge_hours_advertiser_id_hour_at"), "charge_hours", ["advertiser_id", "hour_at"], unique=False
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("settled_micros", sa.BigInteger(), nullable=False),
        sa.Column("forgiven_micros", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("day_starts_at", base.UtcDateTime(), nullable=False),
        sa.Column("day_ends_at", base.UtcDateTime(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("open", "closing", "closed", "lost", name="leasestatus", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("granted_at", base.UtcDateTime(), nullable=True),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("closed_at", base.UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_micros > 0", name=op.f("ck_leases_amount_positive")),
        sa.CheckConstraint(
            "settled_micros >= 0 AND settled_micros <= amount_micros", name=op.f("ck_leases_settled_within")
        ),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_leases_advertiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
        sa.UniqueConstraint("public_id", name=op.f("uq_leases_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_leases_advertiser_id_status"), "leases", ["advertiser_id", "status"], unique=False)
    op.create_index(op.f("ix_leases_campaign_id_day"), "leases", ["campaign_id", "day"], unique=False)
    op.create_index(op.f("ix_leases_status_node"), "leases", ["status", "node"], unique=False)
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column(
            "event_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("read_at", base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_notices_advertiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("advertiser_id", "event_id", "kind", name=op.f("uq_notices_advertiser_id_event_id_kind")),
        sa.UniqueConstraint("public_id", name=op.f("uq_notices_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_notices_advertiser_id_read_at_id"), "notices", ["advertiser_id", "read_at", "id"], unique=False
    )
    op.create_table(
        "placements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "size",
            sa.String(length=16)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=16), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=16), "mysql"),
            nullable=False,
        ),
        sa.Column("floor_micros", sa.BigInteger(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", base.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("floor_micros >= 0", name=op.f("ck_placements_floor_not_negative")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_placements_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        sa.UniqueConstraint("public_id", name=op.f("uq_placements_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_placements_site_id_id"), "placements", ["site_id", "id"], unique=False)
    op.create_table(
        "reconciled_days",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("ledger_micros", sa.BigInteger(), nullable=False),
        sa.Column("events_micros", sa.BigInteger(), nullable=False),
        sa.Column("counters_micros", sa.BigInteger(), nullable=True),
        sa.Column("difference", sa.String(length=32), nullable=False),
        sa.Column("checked_at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_reconciled_days_advertiser_id")),
        sa.PrimaryKeyConstraint("campaign_id", "day", name=op.f("pk_reconciled_days")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_reconciled_days_advertiser_id_day"), "reconciled_days", ["advertiser_id", "day"], unique=False
    )
    op.create_index(op.f("ix_reconciled_days_day_difference"), "reconciled_days", ["day", "difference"], unique=False)
    op.create_table(
        "traffic_credits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "status",
            sa.Enum("pending", "approved", "declined", name="creditstatus", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("requested_by_name", sa.String(length=120), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_name", sa.String(length=120), nullable=False),
        sa.Column(
            "transaction_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("decided_at", base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_traffic_credits_advertiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic_credits")),
        sa.UniqueConstraint("public_id", name=op.f("uq_traffic_credits_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_traffic_credits_advertiser_id_id"), "traffic_credits", ["advertiser_id", "id"], unique=False
    )
    op.create_index(op.f("ix_traffic_credits_status_id"), "traffic_credits", ["status", "id"], unique=False)

    with op.batch_alter_table("campaigns") as batch:
        batch.add_column(sa.Column("category", sa.String(length=32), server_default="", nullable=False))


def downgrade() -> None:
    """Drop them, those that refer to others first."""
    with op.batch_alter_table("campaigns") as batch:
        batch.drop_column("category")
    op.drop_table("traffic_credits")
    op.drop_table("reconciled_days")
    op.drop_table("placements")
    op.drop_table("notices")
    op.drop_table("leases")
    op.drop_table("charge_hours")
    op.drop_table("sites")
    op.drop_table("serving_nodes")
    op.drop_table("outbox_events")
    op.drop_table("dead_letters")
    op.drop_table("consumed_events")
