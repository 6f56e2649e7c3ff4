"""The built front end: compressed ahead, cached for good, served before Flask is asked."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

PREFIX = "/static/"
YEAR_SECONDS = 365 * 24 * 3600
#: `app.2d7a5702b2.css`: the name changes with the content.
HASHED = re.compile(r"\.[0-9a-f]{10}\.\w+$")


def serve_static_files(app: Flask) -> None:
    """Answer /static from the build's folder; a file that is not there is Flask's own 404."""
    folder = Path(app.static_folder or "")
    if not folder.is_dir():
        return
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(folder),
        prefix=PREFIX,
        autorefresh=bool(app.config["TEMPLATES_AUTO_RELOAD"]),
        allow_all_origins=False,
        max_age=60,
        immutable_file_test=lambda path, _url: bool(HASHED.search(path)),
        add_headers_function=lambda headers, _path, _url: headers.__setitem__("X-Content-Type-Options", "nosniff"),
    )
