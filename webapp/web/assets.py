"""Names of built front-end files: what templates ask for, and what the build called it.

The application's static folder is static/dist; every name in it but the manifest changes with its content.
"""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

from flask import Flask, current_app, has_request_context, request

log = logging.getLogger(__name__)

DIST = Path(__file__).resolve().parents[2] / "static" / "dist"
#: A new build is noticed within this time, without asking the disk for every icon of a page.
LOOK_AGAIN_SECONDS = 1.0


class Manifest:
    """The build's list of content-hashed names, read again when a new build replaces it."""

    def __init__(self, folder: Path = DIST) -> None:
        self._path = folder / "manifest.json"
        self._names: dict[str, str] = {}
        self._version_ns = -1
        self._look_at = 0.0

    def file(self, name: str) -> str:
        """Return the built file's name, or the plain name when nothing is built yet."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_AGAIN_SECONDS
            self._load()
        return self._names.get(name, name)

    def _load(self) -> None:
        try:
            version_ns = self._path.stat().st_mtime_ns
            if version_ns != self._version_ns:
                self._names = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if self._version_ns:
                log.error("static/dist is not built: run `npm ci && npm run build`; pages are shown without style")
            version_ns = 0
        self._version_ns = version_ns


def asset(name: str) -> str:
    """Return the address of a built file: `asset('app.css')`."""
    manifest: Manifest = current_app.extensions["kabinet_assets"]
    root = request.script_root if has_request_context() else ""
    return f"{root}{current_app.static_url_path}/{manifest.file(name)}"


def register_assets(app: Flask, folder: Path = DIST) -> None:
    """Give templates `asset()`."""
    app.extensions["kabinet_assets"] = Manifest(folder)
    app.jinja_env.globals["asset"] = asset
