"""Forms: Flask-WTF with money, and domain errors put beside their fields."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import StringField

from webapp.core.errors import Invalid, KabinetError
from webapp.core.files import ByteSize
from webapp.core.money import Money, MoneyError, parse_micros, to_decimal
from webapp.web.filters import current_style, file_size, money


def error_text(error: str | KabinetError) -> str:
    """Return the translated sentence of an error."""
    if isinstance(error, KabinetError):
        text = str(gettext(error.message))
        return text % {name: _written(value) for name, value in error.values.items()} if error.values else text
    return str(gettext(error))


def _written(value: Any) -> Any:
    if isinstance(value, Money):
        return money(value.micros, value.currency)
    return file_size(value) if isinstance(value, ByteSize) else value


class Form(FlaskForm):  # type: ignore[misc]
    """Base of every form."""

    form_errors: list[str]

    def accept(self, error: Invalid) -> None:
        """Put a domain error's sentences beside their fields; the unknown ones belong to the whole form."""
        for name, sentence in error.errors.items():
            text = error_text(sentence)
            if name in self._fields:
                field = self._fields[name]
                field.errors = [*field.errors, text]
            else:
                self.form_errors = [*self.form_errors, text]

    def error_count(self) -> int:
        """Return how many fields need another value."""
        return sum(bool(field.errors) for field in self) + bool(self.form_errors)


def trimmed(value: Any) -> Any:
    """Cut white space around a typed value."""
    return value.strip() if isinstance(value, str) else value


class MoneyField(StringField):
    """An amount typed by a person; `data` is micros, what was typed stays on screen."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the amount, or leave a sentence that says what to do."""
        self.raw = valuelist[0].strip() if valuelist else ""
        self.data: int | None = None  # type: ignore[assignment]
        if not self.raw:
            return
        try:
            self.data = parse_micros(self.raw, current_style().point)
        except MoneyError as error:
            raise ValueError(gettext("Write an amount such as 12.50.")) from error

    def _value(self) -> str:
        raw = getattr(self, "raw", "")
        if raw or self.data is None:
            return raw
        text = f"{to_decimal(self.data):f}".rstrip("0").rstrip(".")
        whole, _, cents = text.partition(".")
        return f"{whole}{current_style().point}{cents:0<2}"
