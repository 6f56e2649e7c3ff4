"""Published things as plain values: how they travel to a store, and a hash that tells whether they changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from webapp.domain.delivery.types import Charging, PublishedAd, PublishedCampaign, PublishedPlacement, Window

Published = PublishedCampaign | PublishedPlacement | PublishedAd

#: Fields of a campaign and a placement that hold lists of words.
_LISTS = (
    *("countries", "regions", "devices", "systems", "browsers", "languages", "sites", "keywords"),
    "categories",
)


def to_wire(published: Published) -> dict[str, Any]:
    """Return it as JSON can carry it; a window is the list of its starts, ends, weight and day."""
    wire = asdict(published)
    if "windows" in wire:
        wire["windows"] = [list(window.values()) for window in wire["windows"]]
        wire["charging"] = int(wire["charging"])
    return {name: list(value) if isinstance(value, tuple) else value for name, value in wire.items()}


def ad_from_wire(wire: Mapping[str, Any]) -> PublishedAd:
    """Read an ad back."""
    return PublishedAd(**{field.name: wire[field.name] for field in fields(PublishedAd)})


def placement_from_wire(wire: Mapping[str, Any]) -> PublishedPlacement:
    """Read a placement back."""
    return PublishedPlacement(**_plain(wire, PublishedPlacement))


def campaign_from_wire(wire: Mapping[str, Any]) -> PublishedCampaign:
    """Read a campaign back, with its ads."""
    plain = _plain(wire, PublishedCampaign)
    plain["charging"] = Charging(wire["charging"])
    plain["windows"] = tuple(Window(*window) for window in wire["windows"])
    plain["ads"] = tuple(ad_from_wire(ad) for ad in wire["ads"])
    return PublishedCampaign(**plain)


def fingerprint(document: Published) -> str:
    """Return a hash that is the same for equal documents, wherever and whenever it is taken."""
    text = json.dumps(to_wire(document), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(wire: Mapping[str, Any], kind: type[PublishedCampaign] | type[PublishedPlacement]) -> dict[str, Any]:
    names = [field.name for field in fields(kind)]
    return {name: tuple(wire[name]) if name in _LISTS else wire[name] for name in names}
