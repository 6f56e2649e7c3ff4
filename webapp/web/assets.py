"""Names of built front-end files: what templates ask for, and what the build called it.

The application's static folder is static/dist; every name in it but the manifest changes with its content.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from flask import Flask, current_app, url_for

log = logging.getLogger(__name__)

DIST = Path(__file__).resolve().parents[2] / "static" / "dist"


class Manifest:
    """The build's list of content-hashed names, read again when a new build replaces it."""

    def __init__(self, folder: Path = DIST) -> None:
        self._path = folder / "manifest.json"
        self._names: dict[str, str] = {}
        self._read_at_ns = -1

    def file(self, name: str, *, fresh: bool = False) -> str:
        """Return the built file's name, or the plain name when nothing is built yet."""
        if fresh or self._read_at_ns < 0:
            self._load()
        return self._names.get(name, name)

    def _load(self) -> None:
        try:
            changed_ns = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            if self._read_at_ns < 0:
                log.error("static/dist is not built: run `npm ci && npm run build`; pages are shown without style")
            self._read_at_ns = 0
            return
        if changed_ns != self._read_at_ns:
            self._names = json.loads(self._path.read_text(encoding="utf-8"))
            self._read_at_ns = changed_ns


def asset(name: str) -> str:
    """Return the address of a built file: `asset('app.css')`."""
    manifest: Manifest = current_app.extensions["kabinet_assets"]
    return url_for("static", filename=manifest.file(name, fresh=current_app.debug))


def register_assets(app: Flask, folder: Path = DIST) -> None:
    """Give templates `asset()`."""
    app.extensions["kabinet_assets"] = Manifest(folder)
    app.jinja_env.globals["asset"] = asset
