"""The tags a site puts into its pages, ready to be copied."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.domain.delivery.types import NATIVE

#: What a publisher's own server replaces with another number on each page view.
RANDOM = "INSERT_RANDOM"
#: Picture and two lines of words in a column of a text, some 400 pixels wide.
NATIVE_HEIGHT = "320"


@dataclass(frozen=True, slots=True)
class Tag:
    """One way to ask for an ad."""

    key: str
    title: str
    text: str
    code: str


def tags_of(placement: str, size: str, delivery_url: str) -> list[Tag]:
    """Return the tags of a placement, the one to take first."""
    script = Tag(
        "script",
        _("Script"),
        _script_text(size),
        script_tag(placement, size, delivery_url),
    )
    server = Tag(
        "server",
        _("Server to server"),
        _("JSON for pages and apps that draw the ad themselves. Call the addresses it names when the ad is shown."),
        _curl(placement, delivery_url),
    )
    image = Tag(
        "image",
        _("Picture and link"),
        _("For letters and pages without scripts. Replace %(word)s with another number on each page view, both times.",
          word=RANDOM),
        _image(placement, size, delivery_url),
    )  # fmt: skip
    return [script, server] if size == NATIVE else [script, image, server]


def _script_text(size: str) -> str:
    text = _("For most pages. Loads without holding the page up, sets no cookies and reports when the ad was seen.")
    if size == NATIVE:
        more = _(
            "The ad is %(height)s pixels high and never moves the page; for another height change both numbers.",
            height=NATIVE_HEIGHT,
        )
    else:
        more = _("Its room is kept free before it loads, so that nothing on the page moves.")
    return f"{text} {more}"


def script_tag(placement: str, size: str, url: str) -> str:
    """Return the JS tag: its room is kept from the first paint on, so that nothing on the page moves.

    A drawing's own attributes keep it where a page's policy lets no inline style in. What a native ad needs depends on
    its column, which the publisher alone knows.
    """
    width, height = ("", NATIVE_HEIGHT) if size == NATIVE else size.split("x")
    given = f' data-width="{width}"' if width else ""
    room = f'<svg width="{width or "100%"}" height="{height}" display="block" aria-hidden="true"></svg>'
    return (
        f'<div data-kabinet="{placement}"{given} data-height="{height}">{room}</div>\n'
        f'<script async src="{url}/d/tag.js"></script>'
    )


def _image(placement: str, size: str, url: str) -> str:
    width, _x, height = size.partition("x")
    return (
        f'<a href="{url}/d/go/{placement}?n={RANDOM}">'
        f'<img src="{url}/d/img/{placement}?n={RANDOM}" width="{width}" height="{height}" alt=""></a>'
    )


def _curl(placement: str, url: str) -> str:
    asked = json.dumps({"placements": [placement]})
    return f"curl -X POST {url}/d/decision \\\n  -H 'Content-Type: application/json' \\\n  -d '{asked}'"
