"""Forms of signing up and in."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from webapp.core.money import CURRENCIES
from webapp.web.forms import Form, trimmed

REQUIRED = InputRequired(_l("This field is needed."))
AREAS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)
ZONES = ["UTC", *sorted(zone for zone in available_timezones() if zone.startswith(AREAS))]


class RegisterForm(Form):
    """Open an account."""

    email = EmailField(_l("E-mail"), [REQUIRED, Length(max=254)], filters=[trimmed])
    password = PasswordField(_l("Password"), [REQUIRED])
    name = StringField(_l("Your name"), [Length(max=120)], filters=[trimmed])
    advertiser_name = StringField(_l("Advertiser name"), [REQUIRED, Length(max=120)], filters=[trimmed])
    currency = SelectField(_l("Currency"), choices=[(code, code) for code in CURRENCIES], default="USD")
    zone = SelectField(_l("Time zone"), choices=[(zone, zone.replace("_", " ")) for zone in ZONES], default="UTC")


class SignInForm(Form):
    """Sign in."""

    email = EmailField(_l("E-mail"), [REQUIRED], filters=[trimmed])
    password = PasswordField(_l("Password"), [REQUIRED])
    remember = BooleanField(_l("Stay signed in on this device for 30 days"), default=True)


class EmailForm(Form):
    """Ask for a letter."""

    email = EmailField(_l("E-mail"), [REQUIRED], filters=[trimmed])


class NewPasswordForm(Form):
    """Choose a new password through a link."""

    password = PasswordField(_l("New password"), [REQUIRED])


class ChangePasswordForm(Form):
    """Change one's password."""

    current = PasswordField(_l("Current password"), [REQUIRED])
    new = PasswordField(_l("New password"), [REQUIRED])
