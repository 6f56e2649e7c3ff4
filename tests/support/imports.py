"""Statistics imports of tests: the services on a database in memory, with facts kept in a list."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from tests.support.memory import SettableClock
from webapp.adapters.files.workbooks import CalamineWorkbooks
from webapp.core.errors import NotFound
from webapp.core.scope import Scope
from webapp.domain.ads.services.imported import ImportedAds
from webapp.domain.analytics.imports.service import StatisticsImports
from webapp.domain.analytics.imports.types import ImportCheck, ImportOptions
from webapp.domain.analytics.imports.work import ImportWork
from webapp.domain.analytics.models import StatisticsImport
from webapp.domain.analytics.queries import Compared, FigureQuery
from webapp.domain.analytics.types import FactBatch
from webapp.domain.audit.services import AuditLog
from webapp.domain.tasks.services import Tasks


class MemoryFiles:
    """Files by key."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, key: str, source: BinaryIO) -> int:
        self.kept[key] = source.read()
        return len(self.kept[key])

    def open(self, key: str) -> BinaryIO:
        if key not in self.kept:
            raise NotFound
        return io.BytesIO(self.kept[key])

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    def exists(self, key: str) -> bool:
        return key in self.kept


class SilentQueue:
    """A queue nobody works."""

    def push(self, kind: str, public_id: str) -> None:
        """Forget it."""


@dataclass
class FactList:
    """The store of figures as a list of batches."""

    batches: list[FactBatch] = field(default_factory=list)

    def insert(self, batch: FactBatch) -> int:
        self.batches.append(batch)
        return len(batch)

    def count_import(self, advertiser_id: int, import_id: int) -> int:
        return sum(len(batch) for batch in self.batches if batch.import_id[0] == import_id)

    def remove_import(self, advertiser_id: int, import_id: int) -> None:
        self.batches = [batch for batch in self.batches if batch.import_id[0] != import_id]

    def by_campaign(self, query: FigureQuery) -> Mapping[int, Compared]:
        return dict.fromkeys((key for batch in self.batches for key in batch.campaign_id), Compared())

    def by_ad(self, query: FigureQuery) -> Mapping[int, Compared]:
        return dict.fromkeys((key for batch in self.batches for key in batch.ad_id), Compared())

    def totals(self) -> Counter[str]:
        names = ("impressions", "clicks", "conversions", "sales", "spend_micros", "revenue_micros")
        return Counter({name: sum(sum(getattr(batch, name)) for batch in self.batches) for name in names})

    def by(self, dimension: str, metric: str) -> dict[Any, int]:
        sums: Counter[Any] = Counter()
        for batch in self.batches:
            for value, count in zip(getattr(batch, dimension), getattr(batch, metric), strict=True):
                sums[value] += count
        return dict(sums)


@dataclass
class Desk:
    """Everything an import needs, and shortcuts."""

    session: Session
    scope: Scope
    clock: SettableClock = field(default_factory=SettableClock)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    facts: FactList = field(default_factory=FactList)

    @property
    def work(self) -> ImportWork:
        audit, ads = AuditLog(self.session, self.clock), ImportedAds(self.session, self.clock)
        figures: Any = self.facts
        return ImportWork(self.session, self.clock, audit, self.files, CalamineWorkbooks(), ads, figures)

    @property
    def imports(self) -> StatisticsImports:
        queue: Any = SilentQueue()
        tasks, audit = Tasks(self.session, self.clock, queue), AuditLog(self.session, self.clock)
        return StatisticsImports(self.session, self.clock, audit, tasks, self.files, CalamineWorkbooks(), self.work)

    def upload(self, content: str | bytes, name: str = "table.csv") -> StatisticsImport:
        data = content.encode() if isinstance(content, str) else content
        return self.imports.upload(self.scope, name, io.BytesIO(data))

    def check(self, content: str | bytes, name: str = "table.csv") -> ImportCheck:
        return check_of(self.upload(content, name))

    def run(self, row: StatisticsImport, *, only_good_rows: bool = False) -> StatisticsImport:
        """Start an import and do its work."""
        self.imports.start(self.scope, row.public_id, only_good_rows=only_good_rows)
        begun = self.work.begin(self.scope, row.public_id)
        assert begun
        work = self.work
        with work.open_run(self.scope, begun) as run:
            run.clear()
            for batches in run.slices():
                facts = run.resolve(batches)
                run.remember()
                run.write(facts)
        return work.finish(self.scope, row.public_id)

    def change(self, row: StatisticsImport, **changes: Any) -> StatisticsImport:
        options = ImportOptions.from_json(row.options).with_changes(**changes)
        return self.imports.change(self.scope, row.public_id, options)


def check_of(row: StatisticsImport) -> ImportCheck:
    """Return what a check of an import said."""
    return ImportCheck.from_json(row.check_result)
