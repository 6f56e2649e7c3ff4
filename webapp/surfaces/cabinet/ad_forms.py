"""The form of an ad: what it shows, and where it leads."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import Optional

from webapp.core.digits import whole_number
from webapp.core.ids import PATTERN, PublicId
from webapp.domain.ads.landing import Utm, merged, take_apart
from webapp.domain.ads.models import Ad, Creative
from webapp.domain.ads.types import AdInput
from webapp.surfaces.cabinet.campaign_forms import WholeField
from webapp.web.forms import Form, trimmed


class AdForm(Form):
    """An ad."""

    creative = StringField(_l("Creative"))
    name = StringField(_l("Name"), filters=[trimmed])
    landing_url = StringField(_l("Landing address"), filters=[trimmed])
    utm_source = StringField("utm_source", filters=[trimmed])
    utm_medium = StringField("utm_medium", filters=[trimmed])
    utm_campaign = StringField("utm_campaign", filters=[trimmed])
    utm_term = StringField("utm_term", filters=[trimmed])
    utm_content = StringField("utm_content", filters=[trimmed])
    weight = WholeField(_l("Weight"), default=1)
    enabled = BooleanField(_l("Switched on"), default=True)
    version = HiddenField(validators=[Optional()])

    @property
    def seen_version(self) -> int | None:
        """Return the version the form was filled from."""
        return whole_number(str(self.version.data or ""))

    @property
    def final_url(self) -> str:
        """Return the address with its labels, as people will follow it."""
        if not self.landing_url.data:
            return ""
        return merged(self.landing_url.data, self._utm())

    def _utm(self) -> Utm:
        return Utm(**{item.name: self[f"utm_{item.name}"].data or "" for item in fields(Utm)})

    @property
    def given(self) -> AdInput:
        """Return what was sent."""
        chosen = self.creative.data or ""
        return AdInput(
            name=self.name.data or "",
            creative_id=PublicId(chosen) if PATTERN.fullmatch(chosen) else None,
            landing_url=self.final_url,
            weight=self.weight.data if self.weight.data is not None else 0,
            enabled=bool(self.enabled.data),
        )


def new_form(chosen: str = "") -> AdForm:
    """Return the form of a new ad."""
    return AdForm(data={"creative": chosen, "weight": 1, "enabled": True})


def form_of(ad: Ad, creative: Creative | None) -> AdForm:
    """Return the form filled with an ad, its labels taken out of the address."""
    bare, utm = take_apart(ad.landing_url)
    data: dict[str, Any] = {
        "creative": creative.public_id if creative else "",
        "name": ad.name,
        "landing_url": bare,
        "weight": ad.weight,
        "enabled": ad.enabled,
        "version": ad.version,
    }
    return AdForm(data=data | {f"utm_{item.name}": getattr(utm, item.name) for item in fields(Utm)})
