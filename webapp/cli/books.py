"""Commands about money."""

from __future__ import annotations

import sys

import click

from webapp.cli.context import application
from webapp.domain.billing.audit import audit_ledger as audit
from webapp.extensions import db


@click.command("audit-ledger")
def audit_ledger() -> None:
    """Prove the books; name the first row that breaks them and leave with 1."""
    with application():
        report = audit(db.session())
        for line in report.lines():
            click.echo(line)
    if report.broken:
        sys.exit(1)
