"""Statistics imports: a file, how it was read, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, Instant, Key, PublicKey, UtcDateTime, enum_string, exact_string


class ImportState(StrEnum):
    """Where an import stands. Only DONE rows are part of any figure."""

    UPLOADED = "uploaded"
    CHECKED = "checked"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REMOVING = "removing"
    REMOVED = "removed"


class StatisticsImport(Base):
    """One uploaded file of an existing ad account's figures."""

    __tablename__ = "statistics_imports"
    __table_args__ = (
        Index(None, "advertiser_id", "created_at"),
        Index(None, "advertiser_id", "rows_sha256"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    public_id: Mapped[PublicKey]
    advertiser_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("advertisers.id"))
    file_name: Mapped[str] = mapped_column(String(255))
    byte_size: Mapped[int] = mapped_column(BigInteger)
    file_sha256: Mapped[str] = mapped_column(exact_string(64))
    #: Fingerprint of the rows as understood (after mapping), whatever the file's encoding or line ends.
    rows_sha256: Mapped[str | None] = mapped_column(exact_string(64))
    storage_key: Mapped[str] = mapped_column(exact_string(128))
    state: Mapped[ImportState] = mapped_column(enum_string(ImportState, 16), default=ImportState.UPLOADED)
    #: `types.ImportOptions` as JSON: sheet, delimiter, encoding, column mapping, chosen day, only_good_rows …
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: `types.ImportCheck` as JSON: counts, totals, what will be created, first errors and warnings.
    check_result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    row_count: Mapped[int] = mapped_column(BigInteger, default=0)
    task_public_id: Mapped[str] = mapped_column(exact_string(24), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    created_by_name: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[Instant]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
