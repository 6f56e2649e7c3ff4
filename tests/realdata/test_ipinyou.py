"""A day of a real DSP's log, replayed: every impression billed once, in chart, table and ledger alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.people import open_account
from webapp.core.errors import Conflict
from webapp.core.paging import PageRequest
from webapp.core.periods import Grain, Period
from webapp.core.scope import Scope
from webapp.db.transaction import run_in_transaction, transaction
from webapp.domain.analytics.queries import FigureQuery, Order
from webapp.domain.analytics.services import Selection
from webapp.domain.billing.audit import audit_ledger
from webapp.domain.delivery.types import EventKind, Verdict
from webapp.extensions import db
from webapp.simulator.ipinyou import read_log
from webapp.simulator.replay import NODE, Replay, Replayed
from webapp.web.app import KabinetFlask
from webapp.wiring import private_node

pytestmark = pytest.mark.realdata

DAY = date(2013, 10, 21)
CHARGED = 873_434_000


def _replay(app: KabinetFlask, scope: Scope, shared_data: Path, folder: Path) -> Replayed:
    raw = shared_data / "ipinyou" / "raw"
    shown = read_log(raw / "imp.20131021.adv2821.limit1000.txt")
    clicked = read_log(raw / "clk.20131021.adv2821.txt")
    with app.app_context():
        session = db.session()
        replay = Replay(app.adapters, app.adapters.services(session), scope, private_node(folder, NODE))
        return replay.run(shown, clicked, lambda work: run_in_transaction(session, work))


@pytest.fixture(scope="module")
def scope(app: KabinetFlask) -> Scope:
    """An advertiser in Shanghai with enough money."""
    opened = open_account(app, name="Footwear", currency="CNY", zone="Asia/Shanghai")
    with app.app_context(), transaction(db.session()) as session:
        app.adapters.services(session).ledger.top_up(opened, 2_000_000_000, "replay", reason="card 4242")
    return opened


@pytest.fixture(scope="module")
def replayed(app: KabinetFlask, scope: Scope, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """The logs, delivered again."""
    return _replay(app, scope, shared_data, tmp_path_factory.mktemp("replay"))


def test_each_bid_is_counted_once_and_what_is_not_says_why(replayed: Replayed) -> None:
    assert replayed.events == {
        (EventKind.IMPRESSION, Verdict.OK): 9960,
        (EventKind.IMPRESSION, Verdict.DUPLICATE): 40,
        (EventKind.CLICK, Verdict.OK): 3,
        (EventKind.CLICK, Verdict.CLICK_WITHOUT_IMPRESSION): 430,
        (EventKind.CLICK, Verdict.DUPLICATE): 9,
    }
    assert replayed.charged_micros == CHARGED


def test_the_ledger_charged_what_the_events_cost(app: KabinetFlask, scope: Scope, replayed: Replayed) -> None:
    with app.app_context():
        mine = {"advertiser": scope.advertiser_id}
        spent = text("SELECT day, spent_micros FROM spend_days WHERE advertiser_id = :advertiser")
        sums = "SELECT SUM(events), SUM(spent_micros), COUNT(*) FROM charge_hours"
        hours = text(f"{sums} WHERE advertiser_id = :advertiser")
        reserved = text("SELECT reserved_micros, spent_micros FROM balances WHERE advertiser_id = :advertiser")
        assert [(str(row[0]), row[1]) for row in db.session.execute(spent, mine)] == [(str(DAY), CHARGED)]
        assert tuple(map(int, db.session.execute(hours, mine).one())) == (9960, CHARGED, 6)
        assert tuple(db.session.execute(reserved, mine).one()) == (0, CHARGED)
        assert not audit_ledger(db.session(), scope.advertiser_id).findings


def test_hours_are_those_of_shanghai(app: KabinetFlask, scope: Scope, replayed: Replayed) -> None:
    series = app.adapters.analytics.series(FigureQuery(scope.advertiser_id, Period(DAY, DAY)), Grain.HOUR)
    by_hour: dict[tuple[int, int], list[int]] = {}
    for at, metrics in series.current:
        assert isinstance(at, datetime)
        hour = by_hour.setdefault((at.astimezone(UTC).hour, at.astimezone(scope.zone).hour), [0, 0])
        hour[0] += metrics.impressions
        hour[1] += metrics.spend_micros
    assert list(by_hour) == [(10, 18), (11, 19), (12, 20), (13, 21), (14, 22), (15, 23)]
    assert sum(count for count, _ in by_hour.values()) == 9960
    assert sum(micros for _, micros in by_hour.values()) == CHARGED


def test_the_table_and_the_file_say_the_same(app: KabinetFlask, scope: Scope, replayed: Replayed) -> None:
    with app.app_context():
        services = app.adapters.services(db.session())
        selection = Selection(Period(DAY, DAY))
        by_ad = services.figures.breakdown(scope, selection, "ad", Order(), PageRequest(1, 100))
        reasons = services.figures.breakdown(scope, selection, "verdict", Order(), PageRequest(1, 100))
    assert by_ad.count == 9
    assert sum(group.figures.current.spend_micros for group in by_ad.groups) == CHARGED
    filtered = {group.value: group.figures.current.filtered for group in reasons.groups}
    assert (filtered["duplicate"], filtered["click_without_impression"]) == (49, 430)


def test_a_second_replay_is_refused_and_changes_nothing(
    app: KabinetFlask, scope: Scope, replayed: Replayed, shared_data: Path, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match="already"):
        _replay(app, scope, shared_data, tmp_path)
    totals = app.adapters.analytics.totals(FigureQuery(scope.advertiser_id, Period(DAY, DAY)))
    assert totals.current.spend_micros == CHARGED
