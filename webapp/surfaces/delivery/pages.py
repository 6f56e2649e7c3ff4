"""The two pages a person may meet on the way to an ad's site; no Flask, so gettext is asked directly."""

from __future__ import annotations

import gettext
from functools import cache
from html import escape

from webapp.core.words import N_
from webapp.domain.delivery.visitors import first_language
from webapp.settings import ROOT
from webapp.surfaces.delivery.answers import RETRY, Answer, page

_TRANSLATED = ("ru",)
_GONE = (
    N_("This ad's address does not work"),
    N_("It is incomplete or was not made here. Go back to the page it was on."),
)
_DOWN = N_("The ad's site cannot be found right now"), N_("Reload this page in a few seconds.")


def gone(languages: str) -> Answer:
    """Return the page of an address that leads nowhere."""
    return page(404, _body(_spoken(languages), *_GONE))


def down(languages: str) -> Answer:
    """Return the page of an address whose node does not answer."""
    return page(503, _body(_spoken(languages), *_DOWN)).plus(RETRY)


def _spoken(languages: str) -> str:
    language = first_language(languages)
    return language if language in _TRANSLATED else "en"


@cache
def _body(language: str, title: str, text: str) -> str:
    texts = gettext.translation("messages", ROOT / "webapp" / "translations", [language], fallback=True)
    heading, advice = escape(texts.gettext(title)), escape(texts.gettext(text))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>{heading}</title></head><body><main><h1>{heading}</h1><p>{advice}</p></main></body></html>"
    )
