"""The sites the demo's people read, with places of the sizes the demo's ads have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.core.ids import PublicId
from webapp.core.money import MICROS
from webapp.core.paging import PageRequest
from webapp.core.scope import StaffScope
from webapp.demo.audience import KNOWN
from webapp.domain.delivery.inventory import PlacementInput, SiteInput
from webapp.domain.delivery.types import NATIVE

if TYPE_CHECKING:
    from webapp.wiring import Services

#: One more than the well-known.
_SITES = (*(site for site, _, _ in KNOWN), "harbor-notes.example")
#: Name, size, the sites that have it, the floor in hundredths of a unit.
_PLACES = (
    ("In the article", NATIVE, _SITES, 0),
    ("Beside the article", "300x250", _SITES[:6], 60),
    ("Half page", "300x600", ("daily-harbor.example", "trailnotes.example", "gear-bench.example"), 150),
    ("Above the headline", "728x90", ("daily-harbor.example", "northern-weather.example", "cityfolk.example"), 90),
)


def add_inventory(services: Services, staff: StaffScope) -> None:
    """Add sites and places; a site that is known already is left as it is."""
    for domain in _SITES:
        known = services.inventory.sites(staff, PageRequest(), domain).items
        if not any(row.site.domain == domain for row in known):
            _add_site(services, staff, domain)


def _add_site(services: Services, staff: StaffScope, domain: str) -> None:
    name = domain.partition(".")[0].replace("-", " ").title()
    site = PublicId(services.inventory.create_site(staff, SiteInput(name, domain)).public_id)
    for place, size, sites, floor in _PLACES:
        if domain in sites:
            services.inventory.create_placement(staff, site, PlacementInput(place, size, floor * MICROS // 100))
