"""Jinja, without the work that a page of many small parts would repeat hundreds of times."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextvars import ContextVar
from gettext import NullTranslations
from typing import Any

from flask import Flask
from flask.templating import Environment
from flask_babel import get_translations

#: The reader's catalogue, found once a request; nothing outside a request, where each text asks anew.
_catalogue: ContextVar[NullTranslations | None] = ContextVar("kabinet_catalogue", default=None)


class KabinetEnvironment(Environment):
    """Templates share one plain dictionary of globals instead of a chain that every import compares key by key."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the environment's globals, with `d` over them if there is any."""
        return {**self.globals, **d} if d else self.globals


def register_texts(app: Flask) -> None:
    """Let templates translate with the request's catalogue; call after Flask-Babel has been set up."""
    app.before_request(_open_catalogue)
    app.teardown_request(_close_catalogue)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _translations().gettext(text),
        lambda one, many, count: _translations().ngettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: _translations().pgettext(context, text),
        npgettext=lambda context, one, many, count: _translations().npgettext(context, one, many, count),
    )


def _translations() -> NullTranslations:
    known = _catalogue.get()
    if known is not None:
        return known
    found: NullTranslations = get_translations()
    return found


def _open_catalogue() -> None:
    _catalogue.set(get_translations())


def _close_catalogue(_error: BaseException | None) -> None:
    _catalogue.set(None)
