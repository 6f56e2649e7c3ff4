"""The second pass over a file: its good rows become facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from webapp.core.errors import Conflict
from webapp.core.scope import Scope
from webapp.domain.ads.services.imported import AdKey, ImportedAds
from webapp.domain.analytics.imports.columns import CleanBatch, RowReader
from webapp.domain.analytics.imports.dates import MomentReader
from webapp.domain.analytics.imports.obstacles import chosen_day
from webapp.domain.analytics.imports.reading import Table
from webapp.domain.analytics.imports.types import INSERTED_ROWS, METRICS, MONEY, DateOrder, ImportCheck, ImportOptions
from webapp.domain.analytics.ports import FactWriter
from webapp.domain.analytics.types import EXTRA_PREFIX, FIXED_DIMENSIONS, FactBatch, Source

T = TypeVar("T")


def reader_for(options: ImportOptions, check: ImportCheck, zone: ZoneInfo, currency: str) -> RowReader:
    """Return what reads the rows as the check has decided; the same for both passes."""
    today = date.fromisoformat(check.today)
    order = DateOrder(check.date_order or DateOrder.DAY_FIRST)
    day = min(chosen_day(options, today), today)
    moments = MomentReader(zone, today, order)
    return RowReader(options, moments, day, check.decimal_mark, currency, check.total_lines)


class ImportRun:
    """One import at work. Nothing of it is seen before the import is DONE, so each slice may be committed."""

    def __init__(
        self, scope: Scope, import_id: int, check: ImportCheck, table: Table, reader: RowReader, ads: ImportedAds,
        facts: FactWriter,
    ) -> None:  # fmt: skip
        self._scope = scope
        self._import_id = import_id
        self._check = check
        self._table = table
        self._reader = reader
        self._ads = ads
        self._facts = facts
        self._campaign_ids: dict[str, int] = {}
        self._ad_ids: dict[AdKey, int] = {}
        self._new_campaigns: dict[str, int] = {}
        self._new_ads: dict[AdKey, int] = {}
        self.rows = 0

    @property
    def progress(self) -> tuple[int, int]:
        """Return how much is read, and of how much."""
        return self._table.done, self._table.total

    def clear(self) -> None:
        """Remove what an earlier attempt left."""
        self._facts.remove_import(self._scope.advertiser_id, self._import_id)

    def is_whole(self) -> bool:
        """Tell whether the store holds just as many rows as were written: one given up for lost may write beside us."""
        return self._facts.count_import(self._scope.advertiser_id, self._import_id) == self.rows

    def slices(self) -> Iterator[list[CleanBatch]]:
        """Yield the good rows, many batches at a time; raise Conflict when they are not the ones that were checked."""
        pending: list[CleanBatch] = []
        seen = 0
        for raw in self._table.batches():
            batch = self._reader.read(raw)
            if not len(batch):
                continue
            pending.append(batch)
            seen += len(batch)
            if sum(map(len, pending)) >= INSERTED_ROWS:
                yield pending
                pending = []
        if seen != self._check.rows:
            raise Conflict("The file is not the one that was checked. Upload it again.")
        if pending:
            yield pending

    def resolve(self, batches: Sequence[CleanBatch]) -> FactBatch:
        """Find or create the campaigns and ads of some batches; return their facts.

        Writes to the database; what was learnt counts from `remember` on, so a transaction may be undone and repeated.
        """
        self._new_campaigns, self._new_ads = {}, {}
        campaigns = self._campaigns_of(batches)
        ads = self._ads_of(batches, campaigns)
        return self._facts_of(batches, _joined(campaigns), _joined(ads))

    def remember(self) -> None:
        """Keep what `resolve` learnt, once its campaigns and ads are safe in the database."""
        self._campaign_ids |= self._new_campaigns
        self._ad_ids |= self._new_ads

    def write(self, facts: FactBatch) -> None:
        """Put facts into the store of figures; may be called beside the reading of further rows."""
        self._facts.insert(facts)
        self.rows += len(facts)

    def _campaigns_of(self, batches: Sequence[CleanBatch]) -> list[list[int]]:
        """Return the campaign ids of every row."""
        known = self._campaign_ids
        found = [list(map(known.get, batch.campaign_keys)) for batch in batches]
        fresh: dict[str, str] = {}
        for batch, ids in zip(batches, found, strict=True):
            if None in ids:
                named = zip(batch.campaign_keys, batch.campaign_names, strict=True)
                fresh |= {key: name for key, name in named if key not in known}
        if fresh:
            self._new_campaigns = self._ads.find_or_create_campaigns(self._scope, fresh, self._import_id)
            known = known | self._new_campaigns
            return [[known[key] for key in batch.campaign_keys] for batch in batches]
        return cast("list[list[int]]", found)

    def _ads_of(self, batches: Sequence[CleanBatch], campaigns: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return the ad ids of every row, 0 where there is no ad."""
        known = self._ad_ids
        pairs = [list(zip(ids, batch.ad_keys, strict=False)) for ids, batch in zip(campaigns, batches, strict=True)]
        found = [list(map(known.get, keys)) for keys in pairs]
        fresh: dict[AdKey, str] = {}
        for batch, keys, ids in zip(batches, pairs, found, strict=True):
            if None in ids:
                fresh |= {key: name for key, name in zip(keys, batch.ad_names, strict=True) if key not in known}
        if fresh:
            without = {key: 0 for key in fresh if not key[1]}
            named = {key: name for key, name in fresh.items() if key[1]}
            self._new_ads = without | self._ads.find_or_create_ads(self._scope, named, self._import_id)
            known = known | self._new_ads
            found = [[known[key] for key in keys] for keys in pairs]
        return [ids or [0] * len(batch) for ids, batch in zip(cast("list[list[int]]", found), batches, strict=True)]

    def _facts_of(self, batches: Sequence[CleanBatch], campaigns: list[int], ads: list[int]) -> FactBatch:
        """Return the facts of some batches; a column the file does not have is the same value all the way down."""
        count, first = sum(map(len, batches)), batches[0]
        seconds, days = zip(*chain.from_iterable(batch.moments for batch in batches), strict=True)
        extras = [key for key in first.dimensions if key.startswith(EXTRA_PREFIX)]
        facts = FactBatch(
            advertiser_id=[self._scope.advertiser_id] * count,
            source=[int(Source.IMPORT)] * count,
            import_id=[self._import_id] * count,
            ts=list(seconds),
            local_day=list(days),
            campaign_id=campaigns,
            ad_id=ads,
            filtered=[0] * count,
            dim_names=[tuple(key.removeprefix(EXTRA_PREFIX) for key in extras)] * count,
            dim_values=[()] * count,
        )
        if extras:
            values = [_joined(batch.dimensions[key] for batch in batches) for key in extras]
            facts.dim_values = list(zip(*values, strict=True))
        for name in FIXED_DIMENSIONS:
            known = name in first.dimensions
            setattr(facts, name, _joined(batch.dimensions[name] for batch in batches) if known else [""] * count)
        for target in METRICS:
            name = f"{target.value}_micros" if target in MONEY else target.value
            known = target in first.metrics
            setattr(facts, name, _joined(batch.metrics[target] for batch in batches) if known else [0] * count)
        return facts


def _joined(parts: Iterable[Sequence[T]]) -> list[T]:
    return list(chain.from_iterable(parts))
