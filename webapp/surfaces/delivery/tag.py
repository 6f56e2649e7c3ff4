"""The script of the JS tag, as the build left it."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

from webapp.surfaces.delivery.answers import ANY_ORIGIN, ANY_SITE, NOSNIFF, Answer, Header, sized
from webapp.surfaces.delivery.callers import Environ

#: An hour: pages in the wild take a new tag soon, and ask rarely.
_CACHE: Header = ("Cache-Control", "public, max-age=3600, stale-while-revalidate=86400")


class TagScript:
    """Hands out the script, compressed where the browser takes that, unchanged where it has it."""

    def __init__(self, dist: Path) -> None:
        script = _built(dist)
        etag = f'"{hashlib.sha256(script).hexdigest()[:16]}"'
        shared: list[Header] = [("ETag", etag), _CACHE, NOSNIFF, ANY_ORIGIN, ANY_SITE, ("Vary", "Accept-Encoding")]
        kind: Header = ("Content-Type", "text/javascript; charset=utf-8")
        self._etag = etag
        self._unchanged = Answer("304 Not Modified", shared)
        self._plain = sized("200 OK", script, kind, *shared)
        self._compressed = sized(
            "200 OK", gzip.compress(script, 9, mtime=0), kind, ("Content-Encoding", "gzip"), *shared
        )

    def answer(self, environ: Environ) -> Answer:
        """Answer `/d/tag.js`."""
        if self._etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            return self._unchanged
        return self._compressed if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") else self._plain


def _built(dist: Path) -> bytes:
    manifest = dist / "manifest.json"
    name = json.loads(manifest.read_text()).get("tag.js") if manifest.is_file() else None
    return (dist / name).read_bytes() if name else b"/* not built: make front */"
