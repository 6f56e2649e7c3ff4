"""The tags a site puts into its pages, ready to be copied."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.domain.delivery.types import NATIVE

#: What a publisher's own server replaces with another number on each page view.
RANDOM = "INSERT_RANDOM"


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
        _("For most pages. Loads without holding the page up, sets no cookies and reports when the ad was seen."),
        _script(placement, size, delivery_url),
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


def _script(placement: str, size: str, url: str) -> str:
    # The room is kept free before the ad is there, so that nothing on the page moves.
    room = "" if size == NATIVE else ' data-width="{}" data-height="{}"'.format(*size.split("x"))
    return f'<div data-kabinet="{placement}"{room}></div>\n<script async src="{url}/d/tag.js"></script>'


def _image(placement: str, size: str, url: str) -> str:
    width, _x, height = size.partition("x")
    return (
        f'<a href="{url}/d/go/{placement}?n={RANDOM}">'
        f'<img src="{url}/d/img/{placement}?n={RANDOM}" width="{width}" height="{height}" alt=""></a>'
    )


def _curl(placement: str, url: str) -> str:
    asked = json.dumps({"placements": [placement]})
    return f"curl -X POST {url}/d/decision \\\n  -H 'Content-Type: application/json' \\\n  -d '{asked}'"
