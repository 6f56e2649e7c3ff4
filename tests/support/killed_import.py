"""A process that imports a file, to be killed half way: `python -m tests.support.killed_import FOLDER STEP [ID]`."""

from __future__ import annotations

import io
import sys
import time
from datetime import date
from pathlib import Path

from jobs.imports import run_import
from tests.support.apps import running_app
from tests.support.people import open_account
from webapp.core.periods import Period
from webapp.db.transaction import transaction
from webapp.domain.analytics.imports import running
from webapp.domain.analytics.services import Selection
from webapp.extensions import db
from webapp.settings import Profile
from webapp.web.app import KabinetFlask

ROWS = 40_000
FILE = "Date,Campaign,Ad,Impressions\n" + "".join(
    f"2026-01-{1 + row % 28:02},C{row // 9000},A{row // 400},1\n" for row in range(ROWS)
)


class Told:
    """Progress that is printed, and leaves the parent time to kill."""

    def report(self, done: int, total: int) -> None:
        """Say that another slice is on its way."""
        print("slice", flush=True)
        time.sleep(0.3)


def main() -> None:
    """Do one step."""
    folder, step = Path(sys.argv[1]), sys.argv[2]
    setattr(running, "INSERTED_ROWS", 5_000)  # noqa: B010  # several slices of a small file
    with running_app(Profile.EMBEDDED, folder, None) as app:
        if step == "upload":
            print("id", *_upload(app), flush=True)
        else:
            _run(app, int(sys.argv[3]), sys.argv[4])


def _upload(app: KabinetFlask) -> tuple[int, str]:
    scope = open_account(app)
    with app.app_context(), transaction(db.session()) as session:
        imports = app.adapters.services(session).imports
        row = imports.upload(scope, "account.csv", io.BytesIO(FILE.encode()))
        imports.start(scope, row.public_id, in_background=False)
        return scope.advertiser_id, row.public_id


def _run(app: KabinetFlask, advertiser_id: int, public_id: str) -> None:
    with app.app_context():
        services = app.adapters.services(db.session())
        scope = services.accounts.system_scope_by_id(advertiser_id)
        run_import(services, scope, public_id, Told())
        shown = services.figures.totals(scope, Selection(Period(date(2026, 1, 1), date(2026, 12, 31)))).current
        print("impressions", shown.impressions, flush=True)


if __name__ == "__main__":
    main()
