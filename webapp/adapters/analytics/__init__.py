"""Analytics adapters."""

from __future__ import annotations

from webapp.domain.analytics.ports import AnalyticsStore


def analytics_from_url(url: str) -> AnalyticsStore:
    """Return the store of a `chdb:///folder` or `clickhouse://user:password@host:9000/database` address."""
    if url.startswith("chdb:"):
        from webapp.adapters.analytics.chdb import ChdbAnalyticsStore

        return ChdbAnalyticsStore.from_url(url)
    from webapp.adapters.analytics.clickhouse import ClickHouseAnalyticsStore

    return ClickHouseAnalyticsStore.from_url(url)
