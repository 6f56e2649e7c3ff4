"""The cabinet: what an advertiser sees in a browser."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("cabinet", __name__)
