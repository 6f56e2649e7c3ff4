"""Errors get their HTTP status here and a page (or fragment) in our words."""

from __future__ import annotations

import logging
import secrets
import time

from flask import Flask, Response, make_response, render_template
from flask_babel import gettext
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from webapp.core.errors import Conflict, Forbidden, Invalid, KabinetError, NotFound, TooLarge, Unavailable
from webapp.extensions import limiter
from webapp.web.forms import error_text
from webapp.web.htmx import is_htmx
from webapp.web.sessions import be_nobody

log = logging.getLogger(__name__)

STATUS: dict[type[KabinetError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    TooLarge: 413,
    Invalid: 422,
    Unavailable: 503,
}
USUAL_WAIT_SECONDS = 60
PAGES = frozenset({403, 404, 409, 413, 422, 429, 500})


def status_of(error: KabinetError) -> int:
    """Return the HTTP status of a domain error."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def register_errors(app: Flask) -> None:
    """Answer every error with our own page."""
    app.register_error_handler(KabinetError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(RateLimitExceeded, _throttled)
    app.register_error_handler(StaleDataError, _stale)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(kind, _database)
    app.register_error_handler(RedisError, _redis)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, message: str = "", reference: str = "") -> Response:
    """Render an error as a page, or as a fragment for htmx."""
    template = "errors/_fragment.html" if is_htmx() else "errors/page.html"
    body = render_template(template, status=status, message=message, reference=reference)
    return make_response(body, status)


def _domain(error: KabinetError) -> Response:
    if isinstance(error, Invalid):
        return answer(422, " ".join(error_text(sentence) for sentence in error.errors.values()))
    return answer(status_of(error), error_text(error) if error.message != type(error).__doc__ else "")


def _csrf(_error: CSRFError) -> Response:
    return answer(403, gettext("This form is too old or came from another site. Reload the page and send it again."))


def _throttled(_error: RateLimitExceeded) -> Response:
    response = answer(429)
    response.headers["Retry-After"] = str(_seconds_to_wait())
    return response


def _seconds_to_wait() -> int:
    """Return how long the limit that was hit lasts; a minute when Redis cannot say."""
    try:
        hit = limiter.current_limit
        return max(1, hit.reset_at - int(time.time())) if hit else USUAL_WAIT_SECONDS
    except RedisError:
        return USUAL_WAIT_SECONDS


def _stale(_error: StaleDataError) -> Response:
    return answer(409)


def _database(error: Exception) -> Response:
    log.error("the database does not answer", exc_info=error)
    be_nobody()
    return answer(503, gettext("The database does not answer at the moment. Nothing was lost; try again in a minute."))


def _redis(error: RedisError) -> Response:
    log.error("redis does not answer", exc_info=error)
    return answer(
        503, gettext("The queue of jobs does not answer at the moment. Nothing was lost; try again in a minute.")
    )


def _http(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return make_response(error.get_response())
    return answer(error.code or 500)


def _unexpected(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("unexpected error %s", reference, exc_info=error)
    be_nobody()
    return answer(500, reference=reference)
