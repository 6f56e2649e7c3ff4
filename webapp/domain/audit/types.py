"""What the log hands out."""

from __future__ import annotations

from webapp.domain.audit.models import AuditRecord

__all__ = ["AuditRecord"]
