"""Errors of the domain; the edge gives each its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class KabinetError(Exception):
    """Base of every error a person or a client may be told about.

    `message` is an English sentence used as a gettext key, `values` fills its `%(name)s` places.
    """

    code = "error"

    def __init__(self, message: str = "", **values: Any) -> None:
        self.message = message or self.__class__.__doc__ or ""
        self.values = values
        super().__init__(self.message % values if values else self.message)


class NotFound(KabinetError):
    """There is nothing here under this address."""

    code = "not_found"


class Forbidden(KabinetError):
    """Your role does not allow this."""

    code = "forbidden"


class Conflict(KabinetError):
    """The state changed in the meantime."""

    code = "conflict"


class TooLarge(KabinetError):
    """The file is larger than allowed."""

    code = "too_large"


class Unavailable(KabinetError):
    """A store does not answer at the moment."""

    code = "unavailable"


class InsufficientFunds(Conflict):
    """The balance does not cover this amount."""

    code = "insufficient_funds"


class Invalid(KabinetError):
    """Some fields need another value."""

    code = "invalid"

    def __init__(self, errors: Mapping[str, str | KabinetError] | str) -> None:
        """Take a map of field name to sentence; a bare sentence belongs to the whole form ('')."""
        self.errors: dict[str, str | KabinetError] = {"": errors} if isinstance(errors, str) else dict(errors)
        super().__init__("; ".join(f"{field}: {text}" if field else str(text) for field, text in self.errors.items()))


class FieldError(KabinetError):
    """One sentence about one field, with values to fill in."""

    code = "invalid"
