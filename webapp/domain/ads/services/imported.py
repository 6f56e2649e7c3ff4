"""Campaigns and ads known only from an imported file's figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import delete, exists, func, insert, select, tuple_
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.ids import new_public_id
from webapp.core.scope import Scope
from webapp.domain.ads.models import Ad, BidModel, Campaign, CampaignLabel, CampaignStatus, Origin

T = TypeVar("T")
#: Rows a statement; SQLite takes 32,766 parameters, and a campaign has some twenty.
CHUNK = 1000
MAX_NAME = 120
MAX_KEY = 191
#: An ad by its campaign's internal id and its own key.
AdKey = tuple[int, str]


def external_key(text: str) -> str:
    """Return what a campaign or ad of another system is found by; a very long one keeps its start and a hash."""
    if len(text) <= MAX_KEY:
        return text
    return f"{text[:150]}…{hashlib.sha256(text.encode()).hexdigest()[:40]}"


class ImportedAds:
    """Finds and creates what imported figures belong to: a few statements for each 1,000."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def find_campaigns(self, scope: Scope, keys: Iterable[str]) -> dict[str, int]:
        """Return the internal ids of the campaigns that exist, by the key of the other system."""
        by_external = {external_key(key): key for key in keys}
        found: dict[str, int] = {}
        for chunk in _chunks(by_external):
            query = select(Campaign.external_id, Campaign.id).where(
                Campaign.advertiser_id == scope.advertiser_id, Campaign.external_id.in_(chunk)
            )
            found |= {by_external[external or ""]: number for external, number in self._session.execute(query)}
        return found

    def find_or_create_campaigns(self, scope: Scope, names: Mapping[str, str], import_id: int) -> dict[str, int]:
        """Return internal ids by key; the missing campaigns are created, paused, and marked with the import."""
        return self._find_or_create(
            names,
            lambda keys: self.find_campaigns(scope, keys),
            lambda keys: self._add_campaigns(scope, names, keys, import_id),
        )

    def find_ads(self, scope: Scope, keys: Iterable[AdKey]) -> dict[AdKey, int]:
        """Return the internal ids of the ads that exist."""
        by_external = {(campaign, external_key(key)): (campaign, key) for campaign, key in keys}
        found: dict[AdKey, int] = {}
        for chunk in _chunks(sorted(by_external)):
            query = select(Ad.campaign_id, Ad.external_id, Ad.id).where(
                Ad.advertiser_id == scope.advertiser_id, tuple_(Ad.campaign_id, Ad.external_id).in_(chunk)
            )
            rows = self._session.execute(query)
            found |= {by_external[campaign, external or ""]: number for campaign, external, number in rows}
        return found

    def find_or_create_ads(self, scope: Scope, names: Mapping[AdKey, str], import_id: int) -> dict[AdKey, int]:
        """Return internal ids by campaign and key; the missing ads are created without a creative."""
        return self._find_or_create(
            names,
            lambda keys: self.find_ads(scope, keys),
            lambda keys: self._add_ads(scope, names, keys, import_id),
        )

    def count_created(self, scope: Scope, import_id: int) -> tuple[int, int]:
        """Return how many campaigns and ads of an import are there."""
        campaigns = select(func.count()).where(
            Campaign.advertiser_id == scope.advertiser_id, Campaign.created_by_import_id == import_id
        )
        ads = select(func.count()).where(Ad.advertiser_id == scope.advertiser_id, Ad.created_by_import_id == import_id)
        return self._session.scalar(campaigns) or 0, self._session.scalar(ads) or 0

    def delete_created(
        self, scope: Scope, import_id: int, campaigns_in_use: Collection[int], ads_in_use: Collection[int]
    ) -> None:
        """Delete what an import created, except what has figures of others, a creative, or ads that stay."""
        ads = select(Ad.id).where(
            Ad.advertiser_id == scope.advertiser_id, Ad.created_by_import_id == import_id, Ad.creative_id.is_(None)
        )
        self._delete(Ad, [number for number in self._session.scalars(ads) if number not in ads_in_use])
        campaigns = select(Campaign.id).where(
            Campaign.advertiser_id == scope.advertiser_id,
            Campaign.created_by_import_id == import_id,
            ~exists().where(Ad.campaign_id == Campaign.id),
        )
        unused = [number for number in self._session.scalars(campaigns) if number not in campaigns_in_use]
        self._delete(Campaign, unused)

    def _find_or_create(
        self, names: Mapping[T, str], find: Callable[[Iterable[T]], dict[T, int]], add: Callable[[Sequence[T]], None]
    ) -> dict[T, int]:
        found = find(names)
        missing = [key for key in names if key not in found]
        if missing:
            add(missing)
            # Read back rather than counted on: another import may have been first with some of them.
            found |= find(missing)
        return found

    def _add_campaigns(self, scope: Scope, names: Mapping[str, str], keys: Sequence[str], import_id: int) -> None:
        now = self._clock.now()
        common = {
            "advertiser_id": scope.advertiser_id,
            "status": CampaignStatus.PAUSED,
            "status_changed_at": now,
            "status_changed_by": scope.actor.name[:120],
            "bid_model": BidModel.CPC,
            "bid_micros": 0,
            "origin": Origin.IMPORT,
            "created_by_import_id": import_id,
            "created_at": now,
            "updated_at": now,
        }
        rows = [
            common | {"public_id": new_public_id("c"), "name": names[key][:MAX_NAME], "external_id": external_key(key)}
            for key in keys
        ]
        self._insert(Campaign, rows)

    def _add_ads(self, scope: Scope, names: Mapping[AdKey, str], keys: Sequence[AdKey], import_id: int) -> None:
        now = self._clock.now()
        common = {
            "advertiser_id": scope.advertiser_id,
            "origin": Origin.IMPORT,
            "created_by_import_id": import_id,
            "created_at": now,
            "updated_at": now,
        }
        rows = [
            common
            | {
                "public_id": new_public_id("ad"),
                "campaign_id": key[0],
                "name": names[key][:MAX_NAME],
                "external_id": external_key(key[1]),
            }
            for key in keys
        ]
        self._insert(Ad, rows)

    def _insert(self, model: type[Any], rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows; those whose key another import has just taken are left to it."""
        statement = insert(model)
        for dialect, words in (("sqlite", "OR IGNORE"), ("mysql", "IGNORE"), ("mariadb", "IGNORE")):
            statement = statement.prefix_with(words, dialect=dialect)
        for chunk in _chunks(rows):
            self._session.execute(statement, chunk)

    def _delete(self, model: type[Any], numbers: Sequence[int]) -> None:
        for chunk in _chunks(numbers):
            if model is Campaign:
                self._session.execute(delete(CampaignLabel).where(CampaignLabel.campaign_id.in_(chunk)))
            self._session.execute(delete(model).where(model.id.in_(chunk)).execution_options(synchronize_session=False))


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
