"""Forms of the settings page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from webapp.web.forms import Form, trimmed

REQUIRED = InputRequired(_l("This field is needed."))


class ProfileForm(Form):
    """One's own name."""

    name = StringField(_l("Your name"), [REQUIRED, Length(max=120)], filters=[trimmed])


class AdvertiserForm(Form):
    """The advertiser's name."""

    advertiser_name = StringField(_l("Advertiser name"), [REQUIRED, Length(max=120)], filters=[trimmed])
