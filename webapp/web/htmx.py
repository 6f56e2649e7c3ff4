"""Answers that are a whole page or, asked by htmx, the fragment of it."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

UNPROCESSABLE = 422


def wants_fragment() -> bool:
    """Tell whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type", "partial") != "full"


def is_htmx() -> bool:
    """Tell whether htmx asks at all."""
    return request.headers.get("HX-Request") == "true"


def page(template: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """Answer with the page, or with its fragment when htmx wants a part."""
    chosen = fragment if fragment and wants_fragment() else template
    return _vary(make_response(render_template(chosen, **context), status))


def fragment(template: str, *, otherwise: str, **context: Any) -> Response:
    """Answer an htmx request with the fragment; send a plain form on to `otherwise` (303)."""
    if is_htmx():
        return _vary(make_response(render_template(template, **context)))
    return _vary(make_response(redirect(otherwise, 303)))


def invalid(template: str, *, fragment: str | None = None, **context: Any) -> Response:
    """Answer a form that needs another value: its page or fragment with 422."""
    return page(template, fragment=fragment, status=UNPROCESSABLE, **context)


def go(url: str) -> ResponseReturnValue:
    """Leave for another page: 303 for a plain form, HX-Redirect for htmx."""
    if is_htmx():
        response = make_response("", 200)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, 303)


def toast(message: str, *, kind: str = "success", undo: str | None = None) -> None:
    """Show a short message on the next page or with this fragment; `undo` is a URL a POST takes it back with."""
    flash({"message": message, "undo_url": undo} if undo else {"message": message}, kind)  # type: ignore[arg-type]


def safe_next(target: str | None, default: str) -> str:
    """Return a path on this site that a link asked to go on to, else the default."""
    # Browsers take "\\" for "/" and leave tabs and line ends out before they look where an address leads.
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    return default if "\\" in target or not target.isprintable() else target


def _vary(response: Response) -> Response:
    response.vary.add("HX-Request")
    response.vary.add("HX-Request-Type")
    return response
