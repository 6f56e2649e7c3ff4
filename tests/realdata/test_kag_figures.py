"""The real account through the whole application: what pages and exports read is what the account was."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import Person
from webapp.core.money import to_decimal
from webapp.core.paging import PageRequest
from webapp.core.periods import Period
from webapp.db.transaction import transaction
from webapp.domain.ads.services.names import ObjectNames
from webapp.domain.analytics.queries import Order
from webapp.domain.analytics.services import Selection
from webapp.domain.analytics.types import Metrics
from webapp.extensions import db
from webapp.web.app import KabinetFlask

pytestmark = pytest.mark.realdata

ALL = Selection(Period(date(2020, 1, 1), date(2035, 12, 31)))


def agrees(found: Metrics, wanted: dict[str, Any]) -> bool:
    counts = (found.impressions, found.clicks, found.conversions, found.sales)
    spend = abs(to_decimal(found.spend_micros) - Decimal(wanted["spend"])) < Decimal("0.001")
    return spend and counts == tuple(wanted[name] for name in ("impressions", "clicks", "total_conv", "approved_conv"))


@pytest.mark.parametrize("name", ["KAG_conversion_data.CR-only.csv", "KAG_with_added_Date.LF.csv"])
def test_figures_agree_with_the_account(
    app: KabinetFlask, owner: Person, work: Callable[[], None], shared_data: Path, name: str
) -> None:
    scope, expected = owner.scope, json.loads((shared_data / "EXPECTED.json").read_text())["kag"]
    with app.app_context(), transaction(db.session()) as session, (shared_data / "kag" / name).open("rb") as file:
        imports = app.adapters.services(session).imports
        imports.start(scope, imports.upload(scope, name, file).public_id)
    work()
    with app.app_context():
        services = app.adapters.services(db.session())
        assert agrees(services.figures.totals(scope, ALL).current, expected["total"])
        for dimension in ("age", "gender", "campaign"):
            found = services.figures.breakdown(scope, ALL, dimension, Order(), PageRequest(1, 100))
            groups = {group.value: group.figures.current for group in found.groups}
            if dimension == "campaign":
                titles = ObjectNames(db.session()).named(scope, "campaign", map(int, groups))
                groups = {titles[int(key)].name: figures for key, figures in groups.items()}
            wanted = expected["xyz_campaign_id" if dimension == "campaign" else dimension]
            assert groups.keys() == wanted.keys()
            assert all(agrees(figures, wanted[value]) for value, figures in groups.items())
        assert services.figures.breakdown(scope, ALL, "interest", Order(), PageRequest(1, 100)).count == 40
        assert "x:fb_campaign_id" in services.figures.dimensions(scope)
