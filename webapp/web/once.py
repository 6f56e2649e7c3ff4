"""Forms that create something once, however often they are sent: a double click without JavaScript sends two."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Flask, Response, after_this_request, g, request, url_for
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError

from webapp.web.app import FIRST_ERROR, kabinet
from webapp.web.htmx import go
from webapp.web.tenancy import user

log = logging.getLogger(__name__)

P = ParamSpec("P")
FIELD = "once"
KEPT_SECONDS = 600
WAIT_SECONDS = 2.0
PAUSE_SECONDS = 0.05
DONE = b"done"


def once_key() -> str:
    """Return what a form carries in its hidden field `once`, another each time it is rendered."""
    return secrets.token_urlsafe(12)


def once(listing: str) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let a view run once for a rendered form; answer a repeat with the way to the `listing` endpoint."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            return view(*args, **kwargs) if _is_first() else go(url_for(listing))

        return guarded

    return decorate


def register_once(app: Flask) -> None:
    """Give templates the key."""
    app.jinja_env.globals["once_key"] = once_key


def _is_first() -> bool:
    """Tell whether this form comes for the first time; without Redis every form does."""
    if not request.form.get(FIELD) or "once_claimed" in g:  # a deadlock runs the view again
        return True
    key = _key()
    try:
        first = _claimed(key)
    except RedisError:
        log.warning("redis does not answer: forms sent twice are taken twice")
        return True
    if first:
        g.once_claimed = True
        after_this_request(lambda response: _remembered(key, response))
    return first


def _claimed(key: str) -> bool:
    """Take the key, waiting for whoever has it now: a form that was refused may come again."""
    redis, deadline = kabinet().adapters.redis, time.monotonic() + WAIT_SECONDS
    while not redis.set(key, b"open", nx=True, ex=KEPT_SECONDS):
        if redis.get(key) == DONE or time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _remembered(key: str, response: Response) -> Response:
    try:
        if response.status_code < FIRST_ERROR:
            kabinet().adapters.redis.set(key, DONE, ex=KEPT_SECONDS)
        else:
            kabinet().adapters.redis.delete(key)
    except RedisError:
        log.warning("redis does not answer: a form sent twice may be refused for a while")
    return response


def _key() -> str:
    """Return a key of the person, the address and all that was typed: going back and writing another is no repeat."""
    typed = sorted((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    files = sorted((name, file.filename or "") for name, file in request.files.items(multi=True))
    said = repr((user().public_id, request.path, typed, files))
    return f"once:{hashlib.sha256(said.encode()).hexdigest()}"
