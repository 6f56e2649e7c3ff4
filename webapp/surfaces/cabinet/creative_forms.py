"""The form of a creative."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField

from webapp.core.digits import whole_number
from webapp.core.ids import PATTERN, PublicId
from webapp.domain.ads.creative_types import CreativeDetail, CreativeInput
from webapp.domain.ads.models import CreativeKind
from webapp.web.forms import Form, trimmed


class CreativeForm(Form):
    """What a person writes; how long it may be is the domain's to say."""

    kind = HiddenField(default=CreativeKind.NATIVE.value)
    name = StringField(_l("Name"), filters=[trimmed])
    title = StringField(_l("Title"), filters=[trimmed])
    text = TextAreaField(_l("Text"), filters=[trimmed])
    #: A picture that was uploaded before.
    asset_id = HiddenField()
    #: A picture that comes with the form, from a browser without scripts.
    picture = HiddenField()
    seen_version = HiddenField()

    @property
    def chosen_kind(self) -> CreativeKind:
        """Return the kind, native for anything unknown."""
        return CreativeKind.IMAGE if self.kind.data == CreativeKind.IMAGE.value else CreativeKind.NATIVE

    @property
    def picture_id(self) -> PublicId | None:
        """Return the id of the picture that was uploaded before."""
        found = self.asset_id.data or ""
        return PublicId(found) if PATTERN.fullmatch(found) else None

    @property
    def seen(self) -> int | None:
        """Return the creative's version the form was filled from."""
        return whole_number(str(self.seen_version.data or ""))

    def given(self, picture_id: PublicId | None) -> CreativeInput:
        """Return what was written."""
        return CreativeInput(self.name.data or "", self.title.data or "", self.text.data or "", picture_id)


def form_of(detail: CreativeDetail) -> CreativeForm:
    """Return the form filled from the newest version."""
    row = detail.latest
    return CreativeForm(
        formdata=None,
        kind=detail.creative.kind.value,
        name=detail.creative.name,
        title=row.version.title,
        text=row.version.text,
        asset_id=row.asset.public_id if row.asset else "",
        seen_version=str(detail.creative.version),
    )
