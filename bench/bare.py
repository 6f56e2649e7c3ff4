"""The yardstick of pages: a bare Flask route under the same server."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/")
def bare() -> str:
    return "ok"
