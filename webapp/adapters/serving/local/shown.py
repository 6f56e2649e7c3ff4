"""The published snapshot: durable in the file, served from memory, indexed by size in the order of rank."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from operator import attrgetter

from webapp.domain.delivery.candidates import Candidate
from webapp.domain.delivery.fingerprints import campaign_from_wire, fingerprint, placement_from_wire, to_wire
from webapp.domain.delivery.types import Limits, PublishedAd, PublishedCampaign, PublishedPlacement

_ORDER = attrgetter("order")


class Shown:
    """What may be shown."""

    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self.placements: dict[str, PublishedPlacement] = {}
        self.placement_ids: dict[int, PublishedPlacement] = {}
        self.campaigns: dict[int, Candidate] = {}
        #: Size → its candidates, the dearest first.
        self.by_size: dict[str, list[Candidate]] = {}
        #: Campaigns whose counted impressions or clicks grew since the last ranking.
        self.moved: set[int] = set()

    @classmethod
    def read(cls, connection: sqlite3.Connection, limits: Limits) -> Shown:
        """Read the snapshot from the file."""
        shown = cls(connection, limits)
        for row in connection.execute("SELECT document FROM placements"):
            shown._place(placement_from_wire(json.loads(row[0])))
        totals = {row[0]: (row[1], row[2]) for row in connection.execute("SELECT * FROM totals")}
        for row in connection.execute("SELECT document FROM campaigns"):
            campaign = campaign_from_wire(json.loads(row[0]))
            shown.campaigns[campaign.id] = Candidate.of(campaign, *totals.get(campaign.id, (0, 0)), limits)
        for candidate in sorted(shown.campaigns.values(), key=_ORDER):
            for size in candidate.ads:
                shown.by_size.setdefault(size, []).append(candidate)
        return shown

    def publish(self, placements: Iterable[PublishedPlacement], campaigns: Iterable[PublishedCampaign]) -> None:
        """Put in these, each in place of what has its id."""
        for placement in placements:
            self._forget_placement(placement.id)
            self._place(placement)
            self._write("placements", placement)
        for campaign in campaigns:
            self._forget_campaign(campaign.id)
            self._enter(Candidate.of(campaign, *self._totals(campaign.id), self._limits))
            self._write("campaigns", campaign)

    def withdraw(self, placement_ids: Sequence[int], campaign_ids: Sequence[int]) -> None:
        """Take these out."""
        for placement_id in placement_ids:
            self._forget_placement(placement_id)
            self._connection.execute("DELETE FROM placements WHERE id = ?", (placement_id,))
        for campaign_id in campaign_ids:
            self._forget_campaign(campaign_id)
            self._connection.execute("DELETE FROM campaigns WHERE id = ?", (campaign_id,))

    def fingerprints(self, table: str) -> dict[int, str]:
        """Return the fingerprint of everything in `placements` or `campaigns`."""
        return dict(tuple(row) for row in self._connection.execute(f"SELECT id, fingerprint FROM {table}"))  # noqa: S608

    def ad(self, campaign_id: int, ad_id: int) -> PublishedAd | None:
        """Return a published ad."""
        candidate = self.campaigns.get(campaign_id)
        ads = candidate.campaign.ads if candidate else ()
        return next((ad for ad in ads if ad.id == ad_id), None)

    def count(self, campaign_id: int, impressions: int, clicks: int) -> None:
        """Add to what the click rate is reckoned from; the rank follows with the next tick."""
        self._connection.execute(
            "INSERT INTO totals VALUES (?, ?, ?) ON CONFLICT (campaign_id)"
            " DO UPDATE SET impressions = impressions + excluded.impressions, clicks = clicks + excluded.clicks",
            (campaign_id, impressions, clicks),
        )
        if candidate := self.campaigns.get(campaign_id):
            candidate.impressions += impressions
            candidate.clicks += clicks
            self.moved.add(campaign_id)

    def rank_again(self) -> None:
        """Put every campaign whose click rate moved where it belongs now."""
        for campaign_id in self.moved:
            if candidate := self.campaigns.get(campaign_id):
                self._leave(candidate)
                candidate.rank(self._limits)
                self._enter(candidate)
        self.moved.clear()

    def _enter(self, candidate: Candidate) -> None:
        self.campaigns[candidate.campaign.id] = candidate
        for size in candidate.ads:
            insort(self.by_size.setdefault(size, []), candidate, key=_ORDER)

    def _leave(self, candidate: Candidate) -> None:
        for size in candidate.ads:
            ranked = self.by_size[size]
            del ranked[bisect_left(ranked, candidate.order, key=_ORDER)]
            if not ranked:
                del self.by_size[size]

    def _place(self, placement: PublishedPlacement) -> None:
        self.placements[placement.public_id] = placement
        self.placement_ids[placement.id] = placement

    def _forget_placement(self, placement_id: int) -> None:
        if placement := self.placement_ids.pop(placement_id, None):
            self.placements.pop(placement.public_id, None)

    def _forget_campaign(self, campaign_id: int) -> None:
        if candidate := self.campaigns.pop(campaign_id, None):
            self._leave(candidate)

    def _totals(self, campaign_id: int) -> tuple[int, int]:
        row = self._connection.execute(
            "SELECT impressions, clicks FROM totals WHERE campaign_id = ?", (campaign_id,)
        ).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def _write(self, table: str, document: PublishedPlacement | PublishedCampaign) -> None:
        self._connection.execute(
            f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)",  # noqa: S608
            (document.id, fingerprint(document), json.dumps(to_wire(document))),
        )
