"""Where addresses are: MaxMind's databases and lists of data centres."""

from __future__ import annotations

from webapp.adapters.geo.datacenters import Ranges
from webapp.adapters.geo.lookup import MaxmindGeography
from webapp.domain.delivery.ports import Geography


def geography_from_paths(geoip_path: str, datacenters_path: str) -> Geography:
    """Return what knows addresses by these files; '' for a file leaves its answers empty."""
    return MaxmindGeography(geoip_path, Ranges.from_csv(datacenters_path) if datacenters_path else Ranges(()))
