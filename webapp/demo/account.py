"""One demo advertiser: its campaigns with what they did, its facts and its ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from webapp.core.money import MICROS
from webapp.demo.artwork import OLD_ART, TALLBROOK_ART, Artwork
from webapp.demo.counts import DayCount, count
from webapp.demo.earlier import SPENT_EARLIER_MICROS, old_campaigns, top_off
from webapp.demo.facts import FactSheet, Run, filtered_by_run
from webapp.demo.money import RESERVED_MICROS, Books, Charged, in_order
from webapp.demo.objects import Maker
from webapp.demo.plans import TALLBROOK, Ending, Plan
from webapp.demo.shape import TODAY
from webapp.domain.billing.types import Posting

_JACKETS_TOTAL_MICROS = 9000 * MICROS
#: Long enough before the window to lie after the campaign's beginning.
_TOP_OFF_DAY = -4


@dataclass(frozen=True, slots=True)
class Written:
    """What was added to the books and to the figures."""

    sheet: FactSheet
    postings: Sequence[Posting]
    #: Rows of leases, and of charges by the hour.
    leases: Sequence[dict[str, object]]
    hours: Sequence[dict[str, object]]


def write_tallbrook(maker: Maker, books: Books) -> Written:
    """Add the account of the look: seventeen campaigns, nine in the archive."""
    for art in (*TALLBROOK_ART, *OLD_ART):
        maker.add_art(art)
    sheet = FactSheet(maker.scope.advertiser_id, maker.today.zone)
    stoves = next(plan for plan in TALLBROOK if plan.ending is Ending.TOTAL_SPENT)
    days = [day for day in count(stoves, TALLBROOK.index(stoves), maker.today) if day.spend_micros]
    total, before = top_off(sum(day.spend_micros for day in days), days[0].price_micros)
    budgets = {stoves.key: total, "autumn": _JACKETS_TOTAL_MICROS}
    earlier = _add_archive(maker, sheet, SPENT_EARLIER_MICROS - before.spend_micros)
    runs = [_add(maker, plan, number, budgets) for number, plan in enumerate(TALLBROOK)]
    maker.switch_off("warmest")
    maker.archive_art([art.key for art in OLD_ART])
    _add_facts(maker, sheet, runs)
    run = next(run for run in runs if run.plan is stoves)
    sheet.add_day(run.campaign_id, run.ads[0][0], _TOP_OFF_DAY, maker.today, before)
    earlier.append(Charged(run.campaign_id, stoves.name, [(_TOP_OFF_DAY, before)]))
    given = [*books.top_ups(), *books.gifts()]
    return _written(books, given, earlier, runs, sheet, RESERVED_MICROS)


def write_small(
    maker: Maker, books: Books, plans: Sequence[Plan], art: Sequence[Artwork], paid: Sequence[tuple[int, int]],
    leased: int,
) -> Written:  # fmt: skip
    """Add a small account; `paid` are days and whole units."""
    for item in art:
        maker.add_art(item)
    sheet = FactSheet(maker.scope.advertiser_id, maker.today.zone)
    runs = [_add(maker, plan, plan.seed or 0, {}) for plan in plans]
    _add_facts(maker, sheet, runs)
    top_ups = [(day, 11, 5, units, "card 0881", "") for day, units in paid]
    return _written(books, books.top_ups(top_ups), [], runs, sheet, leased)


def _add(maker: Maker, plan: Plan, number: int, budgets: dict[str, int]) -> Run:
    days = count(plan, number, maker.today)
    campaign, ads = maker.add_campaign(plan, budgets.get(plan.key))
    return Run(plan, campaign.id, list(zip(ads, plan.pieces, strict=True)), days)


def _add_archive(maker: Maker, sheet: FactSheet, total_micros: int) -> list[Charged]:
    charged = []
    for number, old in enumerate(old_campaigns(total_micros)):
        campaign, ad_id = maker.add_old_campaign(old.plan, OLD_ART[number // 5].key)
        for index, day in old.days:
            sheet.add_day(campaign.id, ad_id, index, maker.today, day)
        charged.append(Charged(campaign.id, old.plan.name, old.days))
    return charged


def _add_facts(maker: Maker, sheet: FactSheet, runs: Sequence[Run]) -> None:
    for run, filtered in zip(runs, filtered_by_run(runs), strict=True):
        sheet.add_run(run, maker.today, filtered)


def _written(
    books: Books, given: Iterable[Posting], earlier: Sequence[Charged], runs: Sequence[Run], sheet: FactSheet,
    leased: int,
) -> Written:  # fmt: skip
    window = [Charged(run.campaign_id, run.plan.name, _numbered(run.days)) for run in runs]
    postings = [*given, *_charges(books, earlier, window, sheet, leased)]
    hours = _hours(sheet, books)
    return Written(sheet, in_order(postings), books.leases(window, leased), hours)


def _charges(
    books: Books, earlier: Sequence[Charged], window: Sequence[Charged], sheet: FactSheet, leased: int
) -> Iterator[Posting]:
    for item in earlier:
        yield from books.earlier(item)
    yield from books.days(window)
    yield from books.running(window, sheet.today_hours, leased)


def _hours(sheet: FactSheet, books: Books) -> list[dict[str, object]]:
    return [
        {
            "campaign_id": campaign_id, "hour_at": datetime.fromtimestamp(second, UTC),
            "advertiser_id": sheet.advertiser_id, "day": books.today.date_of(hour.index),
            "events": hour.events, "spent_micros": hour.micros,
        }
        for (campaign_id, second), hour in sheet.hours.items()
    ]  # fmt: skip


def _numbered(days: Sequence[DayCount]) -> list[tuple[int, DayCount]]:
    return list(enumerate(days[: TODAY + 1]))
