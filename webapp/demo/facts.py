"""Days become facts: by hour, ad, site, place and device; the parts add up to the day, to the micro."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from webapp.core.periods import Period, hour_starts
from webapp.demo.audience import POOL, Person, people
from webapp.demo.counts import DayCount, Mask, mask_of
from webapp.demo.plans import CPM, Piece, Plan
from webapp.demo.shape import HOURS, TODAY, Random, Today, chance, spread
from webapp.domain.ads.models import BidModel
from webapp.domain.analytics.types import FACT_COLUMNS, FactBatch, unix_day

#: Of all that is received, this part of what is billed is filtered besides.
FILTERED = 0.0195
_WINDOW = 28
_PEOPLE_A_CELL = 3
_STRIDE = 337
#: The dimensions nobody measures here.
_UNKNOWN = ("age", "gender", "interest")


@dataclass(frozen=True, slots=True)
class Run:
    """A campaign as the facts know it."""

    plan: Plan
    campaign_id: int
    #: (internal id, piece) of each ad.
    ads: Sequence[tuple[int, Piece]]
    days: Sequence[DayCount]


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of one ad on a day, as weights."""

    ts: int
    hour: int
    ad_id: int
    weight: float
    pull: float
    person: Person


@dataclass
class Charges:
    """What a campaign was charged in an hour."""

    index: int
    events: int = 0
    micros: int = 0


@dataclass
class FactSheet:
    """Collects facts, and what each campaign was charged in each hour."""

    advertiser_id: int
    zone: ZoneInfo
    batch: FactBatch = field(default_factory=FactBatch)
    #: (campaign id, local hour) → spend of today.
    today_hours: dict[tuple[int, int], int] = field(default_factory=dict)
    #: (campaign id, second its hour begins at) → what that hour cost.
    hours: dict[tuple[int, int], Charges] = field(default_factory=dict)
    _people: Sequence[Person] = field(default_factory=people)

    def add_run(self, run: Run, today: Today, filtered: Sequence[int]) -> None:
        """Add the 56 days of a campaign."""
        for index, day in enumerate(run.days):
            if not day.impressions and not filtered[index]:
                continue
            mask = mask_of(run.plan, index, today)
            cells = self._cells(run, index, today, mask)
            draw = chance(run.campaign_id * 1009 + index)
            rows = _split(day, run.plan.model, cells, filtered[index], draw)
            self._add(run.campaign_id, index, today, cells, rows)
            self._count_charges(run.campaign_id, index, cells, rows["spend_micros"], day.price_micros)

    def add_day(self, campaign_id: int, ad_id: int, index: int, today: Today, day: DayCount) -> None:
        """Add a day of long ago, in four hours and for a few people."""
        start = _hour_instants(today, index)
        hours = (9, 13, 18, 21)
        chosen = [self._people[(index * 31 + hour * 7 + ad_id) % POOL] for hour in hours]
        cells = [
            Cell(start[hour], hour, ad_id, HOURS[hour], person.pull, person)
            for hour, person in zip(hours, chosen, strict=True)
        ]
        lost = int((day.impressions + day.clicks) * FILTERED)
        rows = _split(day, CPM, cells, lost, chance(ad_id * 977 + index))
        self._add(campaign_id, index, today, cells, rows)
        self._count_charges(campaign_id, index, cells, rows["spend_micros"], day.price_micros)

    def _cells(self, run: Run, index: int, today: Today, mask: Mask) -> list[Cell]:
        starts = _hour_instants(today, index)
        place = (run.campaign_id * 89 + index * 613) % POOL
        cells = []
        for hour, weight in _weights(mask, index, today):
            for ad_id, piece in run.ads:
                if not piece.share:
                    continue
                for _ in range(_PEOPLE_A_CELL):
                    place, person = self._next_person(place, run.plan)
                    cells.append(
                        Cell(starts[hour], hour, ad_id, weight * piece.share, piece.pull * person.pull, person)
                    )
        return cells

    def _next_person(self, place: int, plan: Plan) -> tuple[int, Person]:
        """Return the next person of the campaign's audience."""
        while True:
            place = (place + _STRIDE) % POOL
            person = self._people[place]
            if not plan.devices or person.device in plan.devices:
                return place, person

    def _add(
        self, campaign_id: int, index: int, today: Today, cells: Sequence[Cell], rows: Mapping[str, Sequence[int]]
    ) -> None:
        kept = [place for place in range(len(cells)) if rows["impressions"][place] or rows["filtered"][place]
                or rows["clicks"][place] or rows["conversions"][place]]  # fmt: skip
        chosen = [cells[place] for place in kept]
        batch, size = self.batch, len(kept)
        day = unix_day(today.date_of(index))
        same = {"advertiser_id": self.advertiser_id, "source": 0, "import_id": 0, "local_day": day}
        for name, value in {**same, "campaign_id": campaign_id, "sales": 0, "revenue_micros": 0}.items():
            getattr(batch, name).extend([value] * size)
        for name in _UNKNOWN:
            getattr(batch, name).extend([""] * size)
        batch.dim_names.extend([()] * size)
        batch.dim_values.extend([()] * size)
        batch.ts.extend(cell.ts for cell in chosen)
        batch.ad_id.extend(cell.ad_id for cell in chosen)
        for name in ("site", "country", "region", "device", "os", "browser"):
            getattr(batch, name).extend(getattr(cell.person, name) for cell in chosen)
        for name, values in rows.items():
            getattr(batch, name).extend(values[place] for place in kept)
        if index == TODAY:
            self._count_hours(campaign_id, cells, rows["spend_micros"])

    def _count_hours(self, campaign_id: int, cells: Sequence[Cell], spend: Sequence[int]) -> None:
        for cell, micros in zip(cells, spend, strict=True):
            key = (campaign_id, cell.hour)
            self.today_hours[key] = self.today_hours.get(key, 0) + micros

    def _count_charges(
        self, campaign_id: int, index: int, cells: Sequence[Cell], spend: Sequence[int], price_micros: int
    ) -> None:
        for cell, micros in zip(cells, spend, strict=True):
            if micros:
                hour = self.hours.setdefault((campaign_id, cell.ts), Charges(index))
                hour.events += micros // price_micros
                hour.micros += micros

    def batches(self, size: int = 100_000) -> Iterator[FactBatch]:
        """Return the facts in batches the store likes."""
        for start in range(0, len(self.batch), size):
            part = {name: getattr(self.batch, name)[start : start + size] for name in FACT_COLUMNS}
            yield FactBatch(**part)


def _hour_instants(today: Today, index: int) -> dict[int, int]:
    """Return the UTC second at which each local hour of a day begins; the hour a clock skips begins with the next."""
    day = today.date_of(index)
    found: dict[int, int] = {}
    for instant in hour_starts(Period(day, day), today.zone):
        found.setdefault(instant.astimezone(today.zone).hour, int(instant.timestamp()))
    for hour in range(24):
        found.setdefault(hour, found.get(hour + 1) or found[hour - 1])
    return found


def _weights(mask: Mask, index: int, today: Today) -> list[tuple[int, float]]:
    """Return the hours that are on and, today, have begun."""
    hours = [(hour, HOURS[hour]) for hour in range(24) if mask[hour]]
    if index < TODAY:
        return hours
    begun = [(hour, weight) for hour, weight in hours if hour < today.hour]
    return begun + ([(today.hour, HOURS[today.hour] * today.minute / 60)] if mask[today.hour] else [])


def _split(day: DayCount, model: BidModel, cells: Sequence[Cell], filtered: int, draw: Random) -> dict[str, list[int]]:
    shown = [cell.weight for cell in cells]
    impressions = spread(day.impressions, shown, draw)
    wanted = [cell.weight * cell.pull if seen else 0.0 for cell, seen in zip(cells, impressions, strict=True)]
    clicks = spread(day.clicks, wanted, draw)
    conversions = spread(day.conversions, [float(number) for number in clicks], draw)
    charged = impressions if model is CPM else clicks
    return {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend_micros": [number * day.price_micros for number in charged],
        "filtered": spread(filtered, shown, draw),
    }


def filtered_by_run(runs: Sequence[Run]) -> list[list[int]]:
    """Return for each campaign and day what was received and not billed: 1.9 % of all, exact over each 28 days."""
    table = [[0] * len(runs[0].days) for _ in runs]
    reached = lost = 0
    for index in range(len(runs[0].days)):
        if index % _WINDOW == 0:
            reached = lost = 0
        billed = [run.days[index].impressions + run.days[index].clicks for run in runs]
        reached += sum(billed)
        now = int(reached * FILTERED + 0.5)
        parts = spread(now - lost, [float(number) for number in billed], chance(index))
        lost = now
        for row, part in zip(table, parts, strict=True):
            row[index] = part
    return table
