"""The forms of a site and of a place on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, SelectField, StringField

from webapp.core.digits import whole_number
from webapp.core.errors import Conflict, Invalid
from webapp.domain.delivery.inventory import PlacementInput, SiteInput
from webapp.domain.delivery.models import Placement, Site
from webapp.web.category_words import category_names
from webapp.web.forms import Form, MoneyField, error_text, trimmed
from webapp.web.htmx import toast
from webapp.web.size_words import size_names


class TicksField(Field):
    """Any number of ticked boxes of one name."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep what was ticked."""
        self.data: Any = tuple(valuelist)


class _Versioned(Form):
    """A form that knows which state it was filled from."""

    version = HiddenField()

    @property
    def seen_version(self) -> int | None:
        """Return the version the form was filled from."""
        return whole_number(str(self.version.data or ""))

    def saved(self, save: Callable[[], object]) -> bool:
        """Save; False, and the form says why, when what it holds is refused or older than what is there."""
        try:
            save()
        except Invalid as refused:
            self.accept(refused)
            return False
        except Conflict as stale:
            self.form_errors = [error_text(stale)]
            return False
        return True


class SiteForm(_Versioned):
    """A site."""

    name = StringField(_l("Name"), filters=[trimmed])
    domain = StringField(_l("Domain"), filters=[trimmed])

    def given(self) -> SiteInput:
        """Return what was typed."""
        return SiteInput(self.name.data or "", self.domain.data or "")


class PlacementForm(_Versioned):
    """A place on a site."""

    name = StringField(_l("Name"), filters=[trimmed])
    size = SelectField(_l("Size"), validate_choice=False)
    floor = MoneyField(_l("Floor"))
    categories = TicksField(_l("Categories it takes"))

    def given(self) -> PlacementInput:
        """Return what was typed."""
        floor = self.floor.data or 0
        return PlacementInput(self.name.data or "", self.size.data or "", floor, self.categories.data or ())


def _sent() -> Any:
    return request.form if request.method == "POST" else None


def site_form(site: Site | None) -> SiteForm:
    """Return the form of a site, filled with it or with what was sent."""
    data = {"name": site.name, "domain": site.domain, "version": site.version} if site else {}
    return SiteForm(_sent(), data=data)


def placement_form(placement: Placement | None) -> PlacementForm:
    """Return the form of a place, filled with it or with what was sent."""
    data: dict[str, Any] = {"size": "300x250", "categories": ()}
    if placement is not None:
        data = {
            "name": placement.name,
            "size": placement.size,
            "floor": placement.floor_micros or None,
            "categories": tuple(placement.categories),
            "version": placement.version,
        }
    form = PlacementForm(_sent(), data=data)
    form.size.choices = list(size_names().items())
    return form


def category_choices() -> dict[str, str]:
    """Return the categories that may be ticked."""
    return category_names()


def wants_open() -> bool:
    """Tell whether the switch that was sent is on."""
    return request.form.get("on") == "1"


def say_switched(what: Site | Placement) -> None:
    """Say whether a site or a place is open now."""
    toast(_("%(name)s is open.", name=what.name) if what.enabled else _("%(name)s is closed.", name=what.name))
