"""Opening an account, signing in and out, passwords."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("auth", __name__)
