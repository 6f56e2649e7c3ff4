"""Every table of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from webapp.db import base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "advertisers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("suspended_at", base.UtcDateTime(), nullable=True),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advertisers")),
        sa.UniqueConstraint("public_id", name=op.f("uq_advertisers_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_user_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column(
            "subject_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("subject_name", sa.String(length=255), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("public_id", name=op.f("uq_audit_log_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_audit_log_advertiser_id_at"), "audit_log", ["advertiser_id", "at"], unique=False)
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"], unique=False)
    op.create_index(op.f("ix_audit_log_subject_id_at"), "audit_log", ["subject_id", "at"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_by_name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("queued", "running", "done", "failed", name="taskstate", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("progress_done", sa.BigInteger(), nullable=False),
        sa.Column("progress_total", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("started_at", base.UtcDateTime(), nullable=True),
        sa.Column("heartbeat_at", base.UtcDateTime(), nullable=True),
        sa.Column("finished_at", base.UtcDateTime(), nullable=True),
        sa.Column("expires_at", base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("public_id", name=op.f("uq_tasks_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_tasks_advertiser_id_kind_created_at"), "tasks", ["advertiser_id", "kind", "created_at"], unique=False
    )
    op.create_index(op.f("ix_tasks_state_created_at"), "tasks", ["state", "created_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "email",
            sa.String(length=254)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=254), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=254), "mysql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column(
            "staff_role",
            sa.Enum("admin", "moderator", "finance", "support", name="staffrole", native_enum=False, length=24),
            nullable=True,
        ),
        sa.Column("email_confirmed_at", base.UtcDateTime(), nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("last_signed_in_at", base.UtcDateTime(), nullable=True),
        sa.Column("disabled_at", base.UtcDateTime(), nullable=True),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_users_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "assets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "sha256",
            sa.String(length=64)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("mime", sa.String(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("byte_size", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column(
            "storage_key",
            sa.String(length=128)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "thumbnail_key",
            sa.String(length=128)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_assets_advertiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("public_id", name=op.f("uq_assets_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_assets_advertiser_id_sha256"), "assets", ["advertiser_id", "sha256"], unique=False)
    op.create_table(
        "balances",
        sa.Column("advertiser_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("available_micros", sa.BigInteger(), nullable=False),
        sa.Column("reserved_micros", sa.BigInteger(), nullable=False),
        sa.Column("promo_micros", sa.BigInteger(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", base.UtcDateTime(), nullable=False),
        sa.CheckConstraint("available_micros >= 0", name=op.f("ck_balances_available_not_negative")),
        sa.CheckConstraint("promo_micros >= 0", name=op.f("ck_balances_promo_not_negative")),
        sa.CheckConstraint("reserved_micros >= 0", name=op.f("ck_balances_reserved_not_negative")),
        sa.CheckConstraint("spent_micros >= 0", name=op.f("ck_balances_spent_not_negative")),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_balances_advertiser_id")),
        sa.PrimaryKeyConstraint("advertiser_id", name=op.f("pk_balances")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "status",
            sa.Enum("draft", "active", "paused", "archived", name="campaignstatus", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("draft_step", sa.Integer(), nullable=False),
        sa.Column(
            "status_before_archive",
            sa.Enum("draft", "active", "paused", "archived", name="campaignstatus", native_enum=False, length=24),
            nullable=True,
        ),
        sa.Column("status_changed_at", base.UtcDateTime(), nullable=False),
        sa.Column("status_changed_by", sa.String(length=120), nullable=False),
        sa.Column("bid_model", sa.Enum("cpm", "cpc", name="bidmodel", native_enum=False, length=8), nullable=False),
        sa.Column("bid_micros", sa.BigInteger(), nullable=False),
        sa.Column("daily_budget_micros", sa.BigInteger(), nullable=True),
        sa.Column("total_budget_micros", sa.BigInteger(), nullable=True),
        sa.Column("pacing", sa.Enum("even", "asap", name="pacing", native_enum=False, length=8), nullable=False),
        sa.Column("starts_at", base.UtcDateTime(), nullable=True),
        sa.Column("ends_at", base.UtcDateTime(), nullable=True),
        sa.Column("hours", sa.String(length=168), nullable=False),
        sa.Column("cap_count", sa.Integer(), nullable=True),
        sa.Column(
            "cap_window",
            sa.Enum("hour", "day", "campaign", name="capwindow", native_enum=False, length=16),
            nullable=True,
        ),
        sa.Column("targeting", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("origin", sa.Enum("cabinet", "import", name="origin", native_enum=False, length=16), nullable=False),
        sa.Column(
            "external_id",
            sa.String(length=191)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=191), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=191), "mysql"),
            nullable=True,
        ),
        sa.Column("created_by_import_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", base.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("bid_micros >= 0", name=op.f("ck_campaigns_bid_not_negative")),
        sa.CheckConstraint(
            "daily_budget_micros IS NULL OR daily_budget_micros > 0", name=op.f("ck_campaigns_daily_budget_positive")
        ),
        sa.CheckConstraint(
            "total_budget_micros IS NULL OR total_budget_micros > 0", name=op.f("ck_campaigns_total_budget_positive")
        ),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_campaigns_advertiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("advertiser_id", "external_id", name=op.f("uq_campaigns_advertiser_id_external_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_campaigns_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_campaigns_advertiser_id_name"), "campaigns", ["advertiser_id", "name"], unique=False)
    op.create_index(
        op.f("ix_campaigns_advertiser_id_status_id"), "campaigns", ["advertiser_id", "status", "id"], unique=False
    )
    op.create_index(op.f("ix_campaigns_created_by_import_id"), "campaigns", ["created_by_import_id"], unique=False)
    op.create_table(
        "creatives",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", sa.Enum("image", "native", name="creativekind", native_enum=False, length=16), nullable=False
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("approved_version_id", sa.BigInteger(), nullable=True),
        sa.Column("latest_version_id", sa.BigInteger(), nullable=True),
        sa.Column("archived_at", base.UtcDateTime(), nullable=True),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", base.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_creatives_advertiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_creatives")),
        sa.UniqueConstraint("public_id", name=op.f("uq_creatives_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_creatives_advertiser_id_archived_at_id"),
        "creatives",
        ["advertiser_id", "archived_at", "id"],
        unique=False,
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("owner", "manager", "analyst", "billing", name="advertiserrole", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_memberships_advertiser_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("user_id", "advertiser_id", name=op.f("uq_memberships_user_id_advertiser_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_memberships_advertiser_id"), "memberships", ["advertiser_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column(
            "provider_reference",
            sa.String(length=128)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "idempotency_key",
            sa.String(length=128)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mysql"),
            nullable=False,
        ),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "created",
                "needs_confirmation",
                "succeeded",
                "failed",
                name="paymentstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("failure_code", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("finished_at", base.UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_micros > 0", name=op.f("ck_payments_amount_positive")),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_payments_advertiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("advertiser_id", "idempotency_key", name=op.f("uq_payments_advertiser_id_idempotency_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_payments_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_payments_provider_provider_reference"), "payments", ["provider", "provider_reference"], unique=False
    )
    op.create_table(
        "spend_days",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("spent_micros >= 0", name=op.f("ck_spend_days_spent_not_negative")),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_spend_days_advertiser_id")),
        sa.PrimaryKeyConstraint("campaign_id", "day", name=op.f("pk_spend_days")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_spend_days_advertiser_id_day"), "spend_days", ["advertiser_id", "day"], unique=False)
    op.create_table(
        "statistics_imports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column(
            "file_sha256",
            sa.String(length=64)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "rows_sha256",
            sa.String(length=64)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "storage_key",
            sa.String(length=128)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "uploaded",
                "checked",
                "queued",
                "running",
                "done",
                "failed",
                "removing",
                "removed",
                name="importstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("check_result", sa.JSON(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column(
            "task_public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("finished_at", base.UtcDateTime(), nullable=True),
        sa.Column("removed_at", base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["advertiser_id"], ["advertisers.id"], name=op.f("fk_statistics_imports_advertiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics_imports")),
        sa.UniqueConstraint("public_id", name=op.f("uq_statistics_imports_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_statistics_imports_advertiser_id_created_at"),
        "statistics_imports",
        ["advertiser_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_statistics_imports_advertiser_id_rows_sha256"),
        "statistics_imports",
        ["advertiser_id", "rows_sha256"],
        unique=False,
    )
    op.create_table(
        "transactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "top_up",
                "refund",
                "promo_credit",
                "reserve",
                "release",
                "spend",
                "credit_note",
                "adjustment",
                name="transactionkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "idempotency_key",
            sa.String(length=128)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=128), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "request_hash",
            sa.String(length=64)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("actor_user_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("budget_day", sa.Date(), nullable=True),
        sa.Column("available_after_micros", sa.BigInteger(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_transactions_advertiser_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
        sa.UniqueConstraint(
            "advertiser_id", "idempotency_key", name=op.f("uq_transactions_advertiser_id_idempotency_key")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_transactions_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_transactions_advertiser_id_created_at"), "transactions", ["advertiser_id", "created_at"], unique=False
    )
    op.create_index(
        op.f("ix_transactions_advertiser_id_kind_id"), "transactions", ["advertiser_id", "kind", "id"], unique=False
    )
    op.create_table(
        "ads",
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
        sa.Column("creative_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("landing_url", sa.String(length=2048), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("archived_at", base.UtcDateTime(), nullable=True),
        sa.Column("origin", sa.Enum("cabinet", "import", name="origin", native_enum=False, length=16), nullable=False),
        sa.Column(
            "external_id",
            sa.String(length=191)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=191), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=191), "mysql"),
            nullable=True,
        ),
        sa.Column("created_by_import_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", base.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("weight BETWEEN 1 AND 100", name=op.f("ck_ads_weight_in_range")),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_ads_advertiser_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_ads_campaign_id")),
        sa.ForeignKeyConstraint(["creative_id"], ["creatives.id"], name=op.f("fk_ads_creative_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ads")),
        sa.UniqueConstraint("campaign_id", "external_id", name=op.f("uq_ads_campaign_id_external_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ads_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_ads_advertiser_id_campaign_id_archived_at_id"),
        "ads",
        ["advertiser_id", "campaign_id", "archived_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_ads_created_by_import_id"), "ads", ["created_by_import_id"], unique=False)
    op.create_index(op.f("ix_ads_creative_id"), "ads", ["creative_id"], unique=False)
    op.create_table(
        "campaign_labels",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "label",
            sa.String(length=40)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=40), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=40), "mysql"),
            nullable=False,
        ),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_labels_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "label", name=op.f("pk_campaign_labels")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_campaign_labels_advertiser_id_label"), "campaign_labels", ["advertiser_id", "label"], unique=False
    )
    op.create_table(
        "creative_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "public_id",
            sa.String(length=24)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=24), "mysql"),
            nullable=False,
        ),
        sa.Column("creative_id", sa.BigInteger(), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "in_review",
                "approved",
                "rejected",
                "replaced",
                name="versionstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(length=140), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("submitted_at", base.UtcDateTime(), nullable=True),
        sa.Column("decided_at", base.UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_name", sa.String(length=120), nullable=False),
        sa.Column("reject_code", sa.String(length=40), nullable=False),
        sa.Column("reject_field", sa.String(length=16), nullable=False),
        sa.Column("reject_sentence", sa.String(length=500), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_creative_versions_advertiser_id")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_creative_versions_asset_id")),
        sa.ForeignKeyConstraint(["creative_id"], ["creatives.id"], name=op.f("fk_creative_versions_creative_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_creative_versions")),
        sa.UniqueConstraint("creative_id", "number", name=op.f("uq_creative_versions_creative_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_creative_versions_public_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_creative_versions_advertiser_id_state"), "creative_versions", ["advertiser_id", "state"], unique=False
    )
    op.create_index(
        op.f("ix_creative_versions_state_submitted_at"), "creative_versions", ["state", "submitted_at"], unique=False
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("advertiser_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "account",
            sa.Enum(
                "available", "reserved", "promo", "spent", "cash", "house", name="account", native_enum=False, length=16
            ),
            nullable=False,
        ),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("balance_after_micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_micros <> 0", name=op.f("ck_entries_amount_not_zero")),
        sa.ForeignKeyConstraint(["advertiser_id"], ["advertisers.id"], name=op.f("fk_entries_advertiser_id")),
        sa.ForeignKeyConstraint(["transaction_id"], ["transactions.id"], name=op.f("fk_entries_transaction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(
        op.f("ix_entries_advertiser_id_account_id_amount_micros"),
        "entries",
        ["advertiser_id", "account", "id", "amount_micros"],
        unique=False,
    )
    op.create_index(op.f("ix_entries_transaction_id"), "entries", ["transaction_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("entries")
    op.drop_table("creative_versions")
    op.drop_table("campaign_labels")
    op.drop_table("ads")
    op.drop_table("transactions")
    op.drop_table("statistics_imports")
    op.drop_table("spend_days")
    op.drop_table("payments")
    op.drop_table("memberships")
    op.drop_table("creatives")
    op.drop_table("campaigns")
    op.drop_table("balances")
    op.drop_table("assets")
    op.drop_table("users")
    op.drop_table("tasks")
    op.drop_table("audit_log")
    op.drop_table("advertisers")
