"""The second pass over a file: its good rows become facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from webapp.core.errors import Conflict
from webapp.core.scope import Scope
from webapp.domain.ads.services.imported import AdKey, ImportedAds
from webapp.domain.analytics.imports.columns import CleanBatch, RowReader
from webapp.domain.analytics.imports.dates import MomentReader
from webapp.domain.analytics.imports.obstacles import chosen_day
from webapp.domain.analytics.imports.reading import Table
from webapp.domain.analytics.imports.types import METRICS, MONEY, DateOrder, ImportCheck, ImportOptions
from webapp.domain.analytics.ports import FactWriter
from webapp.domain.analytics.types import EXTRA_PREFIX, FIXED_DIMENSIONS, FactBatch, Source


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
        self.rows = 0

    @property
    def progress(self) -> tuple[int, int]:
        """Return how much is read, and of how much."""
        return self._table.done, self._table.total

    def clear(self) -> None:
        """Remove what an earlier attempt left."""
        self._facts.remove_import(self._scope.advertiser_id, self._import_id)

    def batches(self) -> Iterator[CleanBatch]:
        """Yield the good rows; raise Conflict when they are not the ones that were checked."""
        for raw in self._table.batches():
            batch = self._reader.read(raw)
            if len(batch):
                yield batch
        if self.rows != self._check.rows:
            raise Conflict("The file is not the one that was checked. Upload it again.")

    def resolve(self, batch: CleanBatch) -> FactBatch:
        """Find or create the campaigns and ads of a batch; return its facts. Writes to the database."""
        self._learn_campaigns(batch)
        campaigns = [self._campaign_ids[key] for key in batch.campaign_keys]
        return self._to_facts(batch, campaigns, self._learn_ads(batch, campaigns))

    def write(self, facts: FactBatch) -> None:
        """Put facts into the store of figures."""
        self._facts.insert(facts)
        self.rows += len(facts)

    def _learn_campaigns(self, batch: CleanBatch) -> None:
        names = dict(zip(batch.campaign_keys, batch.campaign_names, strict=True))
        fresh = {key: name for key, name in names.items() if key not in self._campaign_ids}
        if fresh:
            self._campaign_ids |= self._ads.find_or_create_campaigns(self._scope, fresh, self._import_id)

    def _learn_ads(self, batch: CleanBatch, campaigns: list[int]) -> list[int]:
        if not batch.ad_keys:
            return [0] * len(batch)
        pairs = list(zip(campaigns, batch.ad_keys, strict=True))
        names = dict(zip(pairs, batch.ad_names, strict=True))
        fresh = {pair: name for pair, name in names.items() if pair[1] and pair not in self._ad_ids}
        if fresh:
            self._ad_ids |= self._ads.find_or_create_ads(self._scope, fresh, self._import_id)
        known = self._ad_ids
        return [known.get(pair, 0) for pair in pairs]

    def _to_facts(self, batch: CleanBatch, campaigns: list[int], ads: list[int]) -> FactBatch:
        count = len(batch)
        seconds, days = zip(*batch.moments, strict=True)
        facts = FactBatch(
            advertiser_id=[self._scope.advertiser_id] * count,
            source=[int(Source.IMPORT)] * count,
            import_id=[self._import_id] * count,
            ts=list(seconds),
            local_day=list(days),
            campaign_id=campaigns,
            ad_id=ads,
            filtered=[0] * count,
        )
        for name in FIXED_DIMENSIONS:
            setattr(facts, name, batch.dimensions.get(name) or [""] * count)
        for target in METRICS:
            name = f"{target.value}_micros" if target in MONEY else target.value
            setattr(facts, name, batch.metrics.get(target) or [0] * count)
        extras = {key: values for key, values in batch.dimensions.items() if key.startswith(EXTRA_PREFIX)}
        facts.dim_names = [tuple(key.removeprefix(EXTRA_PREFIX) for key in extras)] * count
        facts.dim_values = list(zip(*extras.values(), strict=True)) if extras else [()] * count
        return facts
