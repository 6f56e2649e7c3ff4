"""URL converters."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter

from webapp.core.ids import PATTERN


class PublicIdConverter(BaseConverter):
    """`c_7Q2M…`: anything of another shape is a 404 before a query is made."""

    regex = PATTERN.pattern
    part_isolating = True


def register_converters(app: Flask) -> None:
    """Make `<public_id:…>` known to the app's routes."""
    app.url_map.converters["public_id"] = PublicIdConverter
