from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from tests.support.campaigns import FakeSpending, ad_input, add_campaign, add_creative, add_version, ads_of, units
from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.ids import PublicId
from webapp.domain.ads.models import ALL_HOURS, BidModel, CampaignStatus, VersionState
from webapp.domain.ads.schedule import WORKING_HOURS, hours_of, next_on
from webapp.domain.ads.services.effective import EffectiveStatuses, Moment, effective_status, side_notes
from webapp.domain.ads.store import AdsStore
from webapp.domain.ads.types import TAB_OF, AdCounts, StatusCode
from webapp.domain.billing.types import CampaignSpend

RIGA = ZoneInfo("Europe/Riga")
NOW = datetime(2026, 11, 19, 12, 32, tzinfo=UTC)  # Thursday 14:32 in Riga
READY = AdCounts(total=4, ready=3, in_review=1, rejected=1)


def terms(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "status": CampaignStatus.ACTIVE,
        "status_changed_at": datetime(2026, 11, 6, 8, tzinfo=UTC),
        "status_changed_by": "Mara Lindholm",
        "bid_model": BidModel.CPC,
        "bid_micros": units(0, 38),
        "daily_budget_micros": units(80),
        "total_budget_micros": None,
        "starts_at": None,
        "ends_at": None,
        "hours": ALL_HOURS,
        "draft_step": 2,
    }
    return SimpleNamespace(**(values | changes))


def status(ads: AdCounts = READY, spend: CampaignSpend | None = None, money: int = units(100), **changes: Any) -> Any:
    return effective_status(terms(**changes), ads, spend or CampaignSpend(), Moment.at(NOW, RIGA, money))


def test_everything_in_order_serves() -> None:
    assert status().code is StatusCode.SERVING


def test_the_owners_wish() -> None:
    draft = status(status=CampaignStatus.DRAFT)
    assert (draft.code, draft.values) == (StatusCode.DRAFT, {"step": 2, "steps": 4})
    assert status(status=CampaignStatus.ARCHIVED).code is StatusCode.ARCHIVED
    paused = status(status=CampaignStatus.PAUSED)
    assert (paused.code, paused.values["by"]) == (StatusCode.PAUSED, "Mara Lindholm")


def test_the_calendar() -> None:
    later = datetime(2026, 12, 1, tzinfo=UTC)
    assert status(starts_at=later).values == {"at": later}
    assert status(starts_at=NOW).code is StatusCode.SERVING
    assert status(ends_at=NOW).code is StatusCode.ENDED
    assert status(ends_at=NOW, status=CampaignStatus.PAUSED).code is StatusCode.ENDED
    assert status(ends_at=later).code is StatusCode.SERVING


@pytest.mark.parametrize(
    ("counts", "code", "values"),
    [
        (AdCounts(), StatusCode.NO_APPROVED_ADS, {"total": 0}),
        (AdCounts(total=2), StatusCode.NO_APPROVED_ADS, {"total": 2}),
        (AdCounts(total=2, rejected=2), StatusCode.REJECTED, {"count": 2, "total": 2}),
        (AdCounts(total=2, in_review=1, rejected=1), StatusCode.IN_REVIEW, {"count": 1, "total": 2}),
        (AdCounts(total=2, ready=1, rejected=1), StatusCode.SERVING, {}),
    ],
)
def test_the_ads(counts: AdCounts, code: StatusCode, values: dict[str, int]) -> None:
    found = status(counts)
    assert (found.code, found.values) == (code, values)


def test_a_campaign_of_the_future_without_ads_needs_a_hand_now() -> None:
    later = datetime(2026, 12, 1, tzinfo=UTC)
    assert status(AdCounts(), starts_at=later).code is StatusCode.NO_APPROVED_ADS
    assert status(AdCounts(total=1, in_review=1), starts_at=later).code is StatusCode.SCHEDULED


def test_a_budget_is_spent_when_it_does_not_cover_one_more_click() -> None:
    spent = status(spend=CampaignSpend(today_micros=units(79, 80)))
    assert spent.code is StatusCode.DAILY_BUDGET_SPENT
    assert spent.values == {"until": datetime(2026, 11, 19, 22, tzinfo=UTC)}
    assert status(spend=CampaignSpend(today_micros=units(79, 62))).code is StatusCode.SERVING
    over = CampaignSpend(total_micros=units(100), last_day=date(2026, 11, 8))
    assert status(spend=over, total_budget_micros=units(100)).values == {"on": date(2026, 11, 8)}
    assert status(spend=over, total_budget_micros=units(101)).code is StatusCode.SERVING


def test_an_impression_costs_a_thousandth_of_a_bid() -> None:
    cpm: dict[str, Any] = {"bid_model": BidModel.CPM, "bid_micros": units(3, 20)}
    assert status(spend=CampaignSpend(today_micros=units(80) - 3200), **cpm).code is StatusCode.SERVING
    assert status(spend=CampaignSpend(today_micros=units(80) - 3199), **cpm).code is StatusCode.DAILY_BUDGET_SPENT


def test_the_balance_comes_before_the_day() -> None:
    found = status(money=units(0, 37), spend=CampaignSpend(today_micros=units(80)))
    assert found.code is StatusCode.BALANCE_EMPTY


def test_the_hours_tell_until_when() -> None:
    weekend = "0" * 120 + ("0" * 8 + "1" * 16) * 2
    found = status(hours=weekend)
    assert found.code is StatusCode.OUTSIDE_HOURS
    assert found.values == {"until": datetime(2026, 11, 21, 6, tzinfo=UTC)}  # Sat 08:00 in Riga


def test_hours_across_clock_changes_and_odd_zones() -> None:
    sunday_three = hours_of([str(6 * 24 + 3)])
    before_gap = datetime(2027, 3, 27, 12, tzinfo=UTC)
    # 03:00 does not exist on 28 March 2027 in Riga; the next one is a week later, in summer time.
    assert next_on(sunday_three, before_gap, RIGA) == datetime(2027, 4, 4, 0, tzinfo=UTC)
    kathmandu = ZoneInfo("Asia/Kathmandu")
    assert next_on(WORKING_HOURS, datetime(2026, 11, 19, 0, 0, tzinfo=UTC), kathmandu) == datetime(
        2026, 11, 19, 3, 15, tzinfo=UTC
    )
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # moves by half an hour
    half = next_on(hours_of([str(6 * 24 + 4)]), datetime(2026, 10, 3, 12, tzinfo=UTC), lord_howe)
    assert half is not None
    assert half.astimezone(lord_howe).strftime("%a %H:%M") == "Sun 04:00"
    assert next_on("0" * 168, NOW, RIGA) is None


def test_side_notes_tell_of_ads_that_wait() -> None:
    notes = side_notes(status(), READY)
    counts = {note.code: note.values["count"] for note in notes}
    assert counts == {StatusCode.REJECTED: 1, StatusCode.IN_REVIEW: 1}
    rejected = AdCounts(total=1, rejected=1)
    assert side_notes(status(rejected), rejected) == ()


def test_every_status_has_a_tab() -> None:
    assert set(TAB_OF) == set(StatusCode)


def test_loading_takes_the_same_queries_for_one_and_for_many() -> None:
    clock = SettableClock()
    with memory_session() as session:
        scope, other = add_advertiser(session), add_advertiser(session, name="Other")
        approved = add_creative(session, clock, scope)
        add_version(session, clock, approved, VersionState.IN_REVIEW, number=2)
        rejected = add_creative(session, clock, scope, VersionState.REJECTED)
        ads = ads_of(session, clock)
        campaigns = [add_campaign(session, clock, scope, name=f"No {number}") for number in range(20)]
        for campaign in campaigns[:10]:
            ads.create(scope, PublicId(campaign.public_id), ad_input(approved))
        for campaign in campaigns[5:15]:
            ads.create(scope, PublicId(campaign.public_id), ad_input(rejected))
        foreign = add_campaign(session, clock, other)
        statements: list[str] = []
        event.listen(session.get_bind(), "before_cursor_execute", lambda *args: statements.append(args[2]))
        statuses = EffectiveStatuses(AdsStore(session), clock, FakeSpending())

        def count(number: int) -> int:
            statements.clear()
            statuses.of(scope, campaigns[:number])
            return len(statements)

        assert count(1) == count(20)
        found = statuses.load(scope, campaigns, None)
        codes = [found[campaign.id].status.code for campaign in campaigns]
        assert codes == [StatusCode.SERVING] * 10 + [StatusCode.REJECTED] * 5 + [StatusCode.NO_APPROVED_ADS] * 5
        assert [note.values["count"] for note in found[campaigns[5].id].also] == [1]
        assert statuses.of(other, [foreign])[foreign.id].status.code is StatusCode.NO_APPROVED_ADS
