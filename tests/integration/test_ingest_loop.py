"""The loops of ingest on real serving nodes and a real store, and sums rebuilt on demand."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from click.testing import CliRunner

from jobs.loops.ingest import IngestLoop, make
from tests.support.people import Person
from webapp.adapters.analytics.store import SqlAnalyticsStore
from webapp.cli.rollups import rebuild_rollups
from webapp.core.periods import Period, today_in
from webapp.domain.analytics.events import VerdictCount
from webapp.domain.analytics.queries import FigureQuery
from webapp.domain.delivery.ingest import rebuild
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.types import EventKind, IncomingEvent, Visitor
from webapp.web.app import KabinetFlask

KEYS = count(9_000_000)


def late_click(app: KabinetFlask, owner: Person, node: ServingStore) -> None:
    """Report a click of a decision that nobody remembers: it is kept as too late."""
    now_ms = int(app.adapters.clock.now().timestamp() * 1000)
    node.record(
        IncomingEvent(
            EventKind.CLICK, now_ms, key=next(KEYS), placement_id=1, advertiser_id=owner.scope.advertiser_id,
            campaign_id=7, ad_id=1, decided_s=now_ms // 1000 - 9, visitor=Visitor(country="LV"),
        )
    )  # fmt: skip


def query(app: KabinetFlask, owner: Person) -> FigureQuery:
    today = today_in(owner.scope.zone, app.adapters.clock.now())
    return FigureQuery(owner.scope.advertiser_id, Period(today - timedelta(days=1), today))


def ingest_all(app: KabinetFlask) -> None:
    with app.app_context():
        for loop in make(app):
            while loop.step():
                pass
            assert isinstance(loop, IngestLoop)
            assert loop.lag()["events"] >= 0
            loop.close()


def test_events_of_every_node_get_into_the_figures_once(app: KabinetFlask, owner: Person) -> None:
    for node in app.adapters.serving:
        node.migrate()
        late_click(app, owner, node)
    ingest_all(app)
    late_click(app, owner, app.adapters.serving[0])
    ingest_all(app)
    expected = len(app.adapters.serving) + 1
    assert list(app.adapters.analytics.verdicts(query(app, owner))) == [
        VerdictCount("click", "expired", expected, 0, 0)
    ]
    assert app.adapters.analytics.totals(query(app, owner)).current.filtered == expected


def test_sums_are_rebuilt_a_day_at_a_time(app: KabinetFlask, owner: Person) -> None:
    node = app.adapters.serving[0]
    node.migrate()
    late_click(app, owner, node)
    ingest_all(app)
    store, asked = app.adapters.analytics, query(app, owner)
    assert isinstance(store, SqlAnalyticsStore)
    names = "advertiser_id, local_day, import_id, filtered"
    own = f"advertiser_id = {owner.scope.advertiser_id}"
    store._engine.run(
        f"INSERT INTO stats_advertiser_day ({names}) SELECT {names} FROM stats_advertiser_day WHERE {own}"
    )
    assert store.totals(asked).current.filtered == 2
    locks = app.adapters.new_locks()
    done = list(rebuild(store, locks, asked.period, owner.scope.advertiser_id))
    assert [list(tables) for _, tables in done] == [["stats_advertiser_day"]]
    assert store.totals(asked).current.filtered == 1
    assert list(rebuild(store, locks, asked.period, owner.scope.advertiser_id)) == [(done[0][0], [])]
    locks.close()


def test_the_command_explains_itself() -> None:
    shown = CliRunner().invoke(rebuild_rollups, ["--help"])
    assert shown.exit_code == 0
    assert "--advertiser" in shown.output
