"""Alembic's environment: the app's engine, every domain's tables."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic import context
from flask import current_app
from sqlalchemy import Connection

# A table is known once its module is imported; not every process has met every domain before it migrates.
for models in sorted((Path(current_app.root_path) / "domain").glob("*/models.py")):
    importlib.import_module(f"webapp.domain.{models.parent.name}.models")

db = current_app.extensions["migrate"].db


def run(connection: Connection) -> None:
    """Run the migrations over one connection."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


with db.engine.connect() as opened:
    run(opened)
    opened.commit()
