"""What an account's data must look like."""

from __future__ import annotations

from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from webapp.core.errors import FieldError, Invalid, KabinetError
from webapp.core.money import CURRENCIES
from webapp.domain.accounts.passwords import password_fault
from webapp.domain.accounts.types import Registration

NAME_LENGTH = 120


def normalise_email(text: str) -> str:
    """Return the address as it is kept: valid, lower case; raise FieldError otherwise."""
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise FieldError("Write an e-mail address such as mara@tallbrook.example.") from error


def ensure_can_register(registration: Registration) -> str:
    """Return the normalised address, or raise Invalid with a sentence for each field to mend."""
    errors: dict[str, str | KabinetError] = {}
    email = ""
    try:
        email = normalise_email(registration.email)
    except FieldError as error:
        errors["email"] = error
    fault = password_fault(registration.password, email=email)
    if fault:
        errors["password"] = fault
    name = registration.advertiser_name.strip()
    if not name or len(name) > NAME_LENGTH:
        errors["advertiser_name"] = FieldError("Write a name of 1 to %(count)s characters.", count=NAME_LENGTH)
    if registration.currency not in CURRENCIES:
        errors["currency"] = "Choose a currency of the list."
    if registration.zone not in available_timezones():
        errors["zone"] = "Choose a time zone of the list, such as Europe/Riga."
    if errors:
        raise Invalid(errors)
    return email
