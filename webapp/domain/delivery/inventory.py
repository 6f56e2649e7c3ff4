"""Sites and places of the house: kept by staff, told to the serving nodes through the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Conflict, FieldError, Invalid
from webapp.core.ids import PublicId, new_public_id
from webapp.core.money import MICROS, Money
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import Permission
from webapp.core.scope import StaffScope
from webapp.domain.ads.categories import clean_categories
from webapp.domain.ads.policies import Errors, clean_name
from webapp.domain.ads.sizes import STANDARD_SIZES
from webapp.domain.ads.targeting import clean_domain
from webapp.domain.audit.services import AuditLog, difference
from webapp.domain.delivery.inventory_store import InventoryStore, OfferedPlace, SiteRow
from webapp.domain.delivery.models import Placement, Site
from webapp.domain.delivery.types import NATIVE
from webapp.domain.events.services import Outbox
from webapp.domain.events.types import INVENTORY_CHANGED

MAX_FLOOR_MICROS = 10_000 * MICROS
#: What a placement may be, as it is stored.
SIZES: tuple[str, ...] = (NATIVE, *(f"{size.width}x{size.height}" for size in STANDARD_SIZES))

T = TypeVar("T", Site, Placement)


@dataclass(frozen=True, slots=True)
class SiteInput:
    """What staff decide about a site."""

    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class PlacementInput:
    """What staff decide about a place on a site."""

    name: str
    size: str
    floor_micros: int = 0
    categories: tuple[str, ...] = ()


class Inventory:
    """What the house sells: sites and the places on them."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog, outbox: Outbox, currency: str) -> None:
        self._store = InventoryStore(session)
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        #: What floors are in.
        self.currency = currency

    def sites(self, staff: StaffScope, page: PageRequest, text: str = "") -> Page[SiteRow]:
        """Return a page of sites by name, with how many places each has."""
        staff.require(Permission.STAFF_INVENTORY_READ)
        return self._store.sites(page, text)

    def site(self, staff: StaffScope, site_id: PublicId) -> Site:
        """Return a site or raise NotFound."""
        staff.require(Permission.STAFF_INVENTORY_READ)
        return self._store.site(site_id)

    def placements(self, staff: StaffScope, site: Site) -> Sequence[Placement]:
        """Return the places of a site, oldest first."""
        staff.require(Permission.STAFF_INVENTORY_READ)
        return self._store.placements(site.id)

    def placement(self, staff: StaffScope, placement_id: PublicId) -> tuple[Placement, Site]:
        """Return a place and its site or raise NotFound."""
        staff.require(Permission.STAFF_INVENTORY_READ)
        return self._store.placement(placement_id)

    def offered(self) -> Sequence[OfferedPlace]:
        """Return every place that is open on a site that is open: what any advertiser may know."""
        return self._store.offered()

    def create_site(self, staff: StaffScope, given: SiteInput) -> Site:
        """Add a site; raise Invalid by field."""
        staff.require(Permission.STAFF_INVENTORY)
        columns = self._clean_site(given, None)
        now = self._clock.now()
        site = Site(public_id=new_public_id("s"), created_at=now, updated_at=now, **columns)
        self._store.add(site)
        self._record(staff, "site.create", site, difference({}, columns))
        return site

    def update_site(self, staff: StaffScope, site_id: PublicId, given: SiteInput, *, version: int | None) -> Site:
        """Change a site; raise Invalid by field, Conflict when somebody else saved first."""
        site = self._for_change(staff, lambda: self._store.site(site_id, lock=True), version)
        return self._apply(staff, "site.update", site, self._clean_site(given, site))

    def switch_site(self, staff: StaffScope, site_id: PublicId, on: bool) -> Site:
        """Open or close a site with all its places; asking twice is no error."""
        site = self._for_change(staff, lambda: self._store.site(site_id, lock=True), None)
        return self._apply(staff, "site.enable" if on else "site.disable", site, {"enabled": on})

    def create_placement(self, staff: StaffScope, site_id: PublicId, given: PlacementInput) -> Placement:
        """Add a place to a site; raise Invalid by field."""
        staff.require(Permission.STAFF_INVENTORY)
        site = self._store.site(site_id)
        columns = self._clean_placement(given)
        now = self._clock.now()
        placement = Placement(public_id=new_public_id("pl"), site_id=site.id, created_at=now, updated_at=now, **columns)
        self._store.add(placement)
        self._record(staff, "placement.create", placement, difference({}, columns))
        return placement

    def update_placement(
        self, staff: StaffScope, placement_id: PublicId, given: PlacementInput, *, version: int | None
    ) -> Placement:
        """Change a place; raise Invalid by field, Conflict when somebody else saved first."""
        placement = self._for_change(staff, lambda: self._store.placement(placement_id, lock=True)[0], version)
        return self._apply(staff, "placement.update", placement, self._clean_placement(given))

    def switch_placement(self, staff: StaffScope, placement_id: PublicId, on: bool) -> Placement:
        """Open or close a place; asking twice is no error."""
        placement = self._for_change(staff, lambda: self._store.placement(placement_id, lock=True)[0], None)
        return self._apply(staff, "placement.enable" if on else "placement.disable", placement, {"enabled": on})

    def _for_change(self, staff: StaffScope, load: Callable[[], T], version: int | None) -> T:
        staff.require(Permission.STAFF_INVENTORY)
        found = load()
        if version is not None and version != found.version:
            raise Conflict("Somebody else changed this meanwhile. Look at it again before you save.")
        return found

    def _apply(self, staff: StaffScope, deed: str, row: T, columns: Mapping[str, Any]) -> T:
        changes = difference({name: getattr(row, name) for name in columns}, columns)
        if not changes:
            return row
        for name, value in columns.items():
            setattr(row, name, value)
        row.updated_at = self._clock.now()
        self._store.flush()
        self._record(staff, deed, row, changes)
        return row

    def _record(self, staff: StaffScope, action: str, row: Site | Placement, changes: Sequence[dict[str, Any]]) -> None:
        kind = "site" if isinstance(row, Site) else "placement"
        self._audit.record(
            staff.actor,
            action,
            advertiser_id=None,
            subject_type=kind,
            subject_id=row.public_id,
            subject_name=row.name,
            changes=changes,
        )
        self._outbox.record(INVENTORY_CHANGED, None, {f"{kind}_id": row.id})

    def _clean_site(self, given: SiteInput, known: Site | None) -> dict[str, Any]:
        errors: Errors = {}
        columns = {"name": clean_name(given.name, "Give it a name.", errors), "domain": ""}
        try:
            columns["domain"] = clean_domain(given.domain.strip())
            if self._store.domain_taken(columns["domain"], known):
                errors["domain"] = FieldError("There is a site %(domain)s already.", domain=columns["domain"])
        except FieldError as error:
            errors["domain"] = error
        if errors:
            raise Invalid(errors)
        return columns

    def _clean_placement(self, given: PlacementInput) -> dict[str, Any]:
        errors: Errors = {}
        columns: dict[str, Any] = {
            "name": clean_name(given.name, "Give it a name.", errors),
            "size": given.size,
            "floor_micros": given.floor_micros,
        }
        if given.size not in SIZES:
            errors["size"] = "Choose one of the sizes."
        if given.floor_micros < 0:
            errors["floor"] = "A floor is zero or more."
        elif given.floor_micros > MAX_FLOOR_MICROS:
            most = Money(MAX_FLOOR_MICROS, self.currency)
            errors["floor"] = FieldError("The highest floor is %(most)s.", most=most)
        try:
            columns["categories"] = list(clean_categories(given.categories))
        except FieldError as error:
            errors["categories"] = error
        if errors:
            raise Invalid(errors)
        return columns
