"""The demo account is the account of the look: the same figures, and all of them add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from webapp.demo.artwork import FERNWAY_ART, NEIGHBOURS, OLD_ART, TALLBROOK_ART
from webapp.demo.counts import count, grid_of, mask_of
from webapp.demo.earlier import SPENT_EARLIER_MICROS, old_campaigns, top_off
from webapp.demo.facts import FactSheet, Run, filtered_by_run
from webapp.demo.paths import outlines
from webapp.demo.pictures import picture
from webapp.demo.plans import TALLBROOK, Ending
from webapp.demo.scenes import SCENES
from webapp.demo.shape import TODAY, Today, chance, spread

RIGA = ZoneInfo("Europe/Riga")
DRAWN_AT = datetime(2026, 11, 19, 12, 32, tzinfo=UTC)
MOMENTS = (
    DRAWN_AT,
    datetime(2026, 11, 22, 22, 1, tzinfo=UTC),  # a minute after midnight
    datetime(2027, 3, 28, 0, 59, tzinfo=UTC),  # the clock moves in a minute
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # the hour that comes twice
    datetime(2028, 2, 29, 20, 45, tzinfo=UTC),
)


def runs_at(now: datetime) -> tuple[Today, list[Run]]:
    """Return the account at a moment."""
    today = Today.at(now, RIGA)
    runs = []
    for number, plan in enumerate(TALLBROOK):
        ads = [(number * 10 + place + 1, piece) for place, piece in enumerate(plan.pieces)]
        runs.append(Run(plan, number + 1, ads, count(plan, number, today)))
    return today, runs


def test_figures_are_those_of_the_look() -> None:
    _, runs = runs_at(DRAWN_AT)
    days = [day for run in runs for day in run.days[28:]]
    assert sum(day.spend_micros for day in days) == 13_051_332_500
    assert sum(day.impressions for day in days) == 4_896_911
    assert sum(day.clicks for day in days) == 30_337
    assert sum(day.conversions for day in days) == 1_417
    assert sum(run.days[TODAY].spend_micros for run in runs) == 215_174_000
    assert sum(day.budget_micros for day in (run.days[TODAY] for run in runs)) == 470_000_000
    assert sum(day.spend_micros for run in runs for day in run.days) + SPENT_EARLIER_MICROS == 30_339_872_900
    assert sum(sum(row[28:]) for row in filtered_by_run(runs)) == 96_081


@pytest.mark.parametrize("now", MOMENTS)
def test_facts_add_up_to_their_days(now: datetime) -> None:
    today, runs = runs_at(now)
    filtered = filtered_by_run(runs)
    for run, lost in zip(runs, filtered, strict=True):
        sheet = FactSheet(1, RIGA)
        sheet.add_run(run, today, lost)
        batch = sheet.batch
        assert len(batch) == len(batch.ts)
        assert sum(batch.spend_micros) == sum(day.spend_micros for day in run.days)
        assert sum(batch.impressions) == sum(day.impressions for day in run.days)
        assert sum(batch.clicks) == sum(day.clicks for day in run.days)
        assert sum(batch.conversions) == sum(day.conversions for day in run.days)
        assert sum(sheet.today_hours.values()) == run.days[TODAY].spend_micros
        assert all(second <= now.timestamp() for second in batch.ts)


@pytest.mark.parametrize("now", MOMENTS)
def test_nobody_spends_more_than_a_daily_budget(now: datetime) -> None:
    _, runs = runs_at(now)
    assert all(day.spend_micros <= day.budget_micros for run in runs for day in run.days)


def test_facts_stay_in_the_hours_a_campaign_may_run() -> None:
    today, runs = runs_at(DRAWN_AT)
    run = next(run for run in runs if run.plan.ending is Ending.OUTSIDE_HOURS)
    sheet = FactSheet(1, RIGA)
    sheet.add_run(run, today, [0] * 56)
    hours = {
        datetime.fromtimestamp(second, RIGA).hour
        for second, day in zip(sheet.batch.ts, sheet.batch.local_day, strict=True)
        if day >= max(sheet.batch.local_day) - 5
    }
    assert hours <= {hour for hour, on in enumerate(mask_of(run.plan, TODAY, today)) if on}


def test_grids_are_a_week() -> None:
    for plan in TALLBROOK:
        assert len(grid_of(plan)) == 168
    assert grid_of(TALLBROOK[0]).count("1") == 98


@pytest.mark.parametrize("total", [SPENT_EARLIER_MICROS, SPENT_EARLIER_MICROS - 1800 * 55_555, 1_000_000_000])
def test_earlier_months_cost_exactly_what_was_left(total: int) -> None:
    old = old_campaigns(total)
    assert sum(day.spend_micros for item in old for _, day in item.days) == total
    assert all(day.spend_micros == day.impressions * day.price_micros for item in old for _, day in item.days)
    assert all(index < 0 for item in old for index, _ in item.days)


def test_a_spent_budget_leaves_less_than_one_impression() -> None:
    total, day = top_off(1_234_567_800, 1800)
    assert total == 1_300_000_000
    assert 0 <= total - 1_234_567_800 - day.spend_micros < 1800


def test_spread_keeps_the_total() -> None:
    draw = chance(1)
    for total in (0, 1, 7, 1000, 123_456):
        parts = spread(total, [draw() for _ in range(97)], draw)
        assert sum(parts) == total
        assert min(parts) >= 0
    assert spread(5, [0.0, 0.0], draw) == [0, 0]


def test_days_follow_the_calendar() -> None:
    today = Today.at(DRAWN_AT + timedelta(days=3), RIGA)
    assert today.date_of(TODAY).isoformat() == "2026-11-22"
    assert today.moment(TODAY, 23, 59) == today.now


def test_every_piece_has_its_creative_and_every_scene_its_drawing() -> None:
    known = {art.key for art in TALLBROOK_ART}
    assert {piece.creative for plan in TALLBROOK for piece in plan.pieces} <= known
    assert len(TALLBROOK_ART) == 23
    everything = (*TALLBROOK_ART, *OLD_ART, *FERNWAY_ART, *(art for one in NEIGHBOURS for art in one.art))
    assert all(len(text.title) <= 60 and len(text.text) <= 140 for art in everything for text in art.versions)
    assert {art.scene for art in everything} <= set(SCENES)
    for name in SCENES:
        with Image.open(BytesIO(picture(name, 300, 250))) as image:
            assert image.size == (300, 250)


def test_path_data_is_followed() -> None:
    assert outlines("M1 2 3 4h2v-1zm5 5l1 1") == [
        [(1.0, 2.0), (3.0, 4.0), (5.0, 4.0), (5.0, 3.0), (1.0, 2.0)],
        [(6.0, 7.0), (7.0, 8.0)],
    ]
