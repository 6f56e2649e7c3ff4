"""What operators and browsers need beside the pages: health, theme, language, media."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("web", __name__)
