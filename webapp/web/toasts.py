"""Short messages in the corner: flashed by views, shown by the next page or told to htmx with the fragment."""

from __future__ import annotations

import json
from typing import Any, cast

from flask import Flask, Response, get_flashed_messages, request, session

#: The categories views flash with, and the tone each is shown in.
TONES = {"done": "success", "success": "success", "message": "success"} | {
    tone: tone for tone in ("error", "warning", "info")
}
_LEAVING = ("HX-Redirect", "HX-Refresh", "HX-Location")
_REDIRECTS = range(300, 400)

Toast = dict[str, Any]


def flashed_toasts() -> list[Toast]:
    """Take the waiting messages; a message is a sentence or JSON with message, undo and open addresses."""
    waiting = cast("list[tuple[str, object]]", get_flashed_messages(with_categories=True))
    return [_toast(category, message) for category, message in waiting]


def _toast(category: str, message: object) -> Toast:
    said = _unpacked(message)
    undo = said.pop("undo", None)
    if undo:
        said.setdefault("undo_url", undo)
    said.setdefault("tone", TONES.get(category, "info"))
    return {name: value for name, value in said.items() if value is not None}


def _unpacked(message: object) -> Toast:
    if isinstance(message, dict):
        return dict(message)
    text = str(message)
    if text.startswith("{"):
        try:
            return dict(json.loads(text))
        except ValueError:
            return {"message": text}
    return {"message": text}


def _tell_htmx(response: Response) -> Response:
    """Send waiting messages along with a fragment; a page that is about to be left keeps them for the next one."""
    leaving = response.status_code in _REDIRECTS or any(name in response.headers for name in _LEAVING)
    if request.headers.get("HX-Request") != "true" or leaving or "_flashes" not in session:
        return response
    items = flashed_toasts()
    if items and "HX-Trigger" not in response.headers:
        response.headers["HX-Trigger"] = json.dumps({"toast": {"items": items}})
    return response


def register_toasts(app: Flask) -> None:
    """Show flashed messages on pages and with fragments."""
    app.jinja_env.globals["flashed_toasts"] = flashed_toasts
    app.after_request(_tell_htmx)
