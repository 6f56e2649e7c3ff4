"""Countries and regions out of a MaxMind database."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address
from typing import Any

import maxminddb

from webapp.adapters.geo.datacenters import Ranges


class MaxmindGeography:
    """Reads a City or Country database; without one every address is nowhere."""

    def __init__(self, geoip_path: str, datacenters: Ranges) -> None:
        self._reader = maxminddb.open_database(geoip_path) if geoip_path else None
        self._datacenters = datacenters

    def locate(self, ip: str) -> tuple[str, str]:
        """Return country and region (`LV`, `LV-RIX`), '' where unknown."""
        found = self._found(ip)
        country = str(found.get("country", {}).get("iso_code", ""))
        parts = found.get("subdivisions") or [{}]
        # The first is the larger one: the region that ISO 3166-2 lists.
        region = str(parts[0].get("iso_code", ""))
        return country, f"{country}-{region}" if country and region else ""

    def is_datacenter(self, ip: str) -> bool:
        """Tell whether nobody browses from there."""
        address = ip_address(ip)
        return isinstance(address, IPv4Address) and int(address) in self._datacenters

    def _found(self, ip: str) -> dict[str, Any]:
        address = ip_address(ip)
        # A database of IPv4 alone raises when it is asked for IPv6.
        if self._reader is None or address.version > self._reader.metadata().ip_version:
            return {}
        found = self._reader.get(address)
        return found if isinstance(found, dict) else {}
