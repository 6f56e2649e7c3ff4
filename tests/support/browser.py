"""A browser without JavaScript for functional tests: it sends CSRF tokens and checks every page it gets."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HTML = "{http://www.w3.org/1999/xhtml}"
#: What html5lib calls an error and no browser minds.
HARMLESS = {
    "expected-doctype-but-got-start-tag",
    "expected-doctype-but-got-chars",
    "expected-doctype-but-got-eof",
    "expected-named-entity",
}
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def parse(text: str) -> ET.Element:
    """Return the parsed page; fail on broken HTML."""
    whole = "<html" in text[:400].lower()
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"))
    # A table row or cell alone is a fragment of a table.
    container = "tbody" if text.lstrip().startswith("<tr") else "tr" if text.lstrip().startswith("<td") else "div"
    tree = parser.parse(text) if whole else parser.parseFragment(text, container=container)
    lines = text.splitlines()
    faults = [
        f"{where}: {code} {details} in {lines[where[0] - 1].strip()[:200]}"
        for where, code, details in parser.errors
        if code not in HARMLESS
    ]
    assert not faults, f"broken HTML: {faults[:5]}"
    return tree


def check_page(text: str) -> ET.Element:
    """Fail on duplicate ids, controls without a name, inline styles, inline scripts and handlers."""
    tree = parse(text)
    ids = Counter(node.get("id") for node in tree.iter() if node.get("id"))
    assert not [name for name, count in ids.items() if count > 1], f"ids used twice: {ids.most_common(3)}"
    labelled = {node.get("for") for node in tree.iter(f"{HTML}label")}
    wrapped = {id(child) for label in tree.iter(f"{HTML}label") for child in label.iter()}
    for node in tree.iter():
        tag = str(node.tag).removeprefix(HTML)
        assert node.get("style") is None, f"inline style on {tag}"
        handlers = [name for name in node.attrib if name.startswith(("on", "hx-on"))]
        assert not handlers, f"inline handler {handlers} on {tag}"
        if tag == "script" and node.get("type", "text/javascript") != "application/json":
            assert node.get("src"), "inline script"
        if tag in ("input", "select", "textarea") and node.get("type", "text") not in UNLABELLED:
            named = node.get("aria-label") or node.get("aria-labelledby") or node.get("id") in labelled
            assert named or id(node) in wrapped, f"{tag} {node.get('name')} has no label"
    return tree


class Browser:
    """One signed-in (or anonymous) person."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, *, htmx: bool = False, **options: Any) -> TestResponse:
        """Fetch a page (or a fragment) and check it."""
        headers = {**(HTMX if htmx else {}), **options.pop("headers", {})}
        response = self.client.get(url, headers=headers, **options)
        return self._checked(response)

    def post(
        self, url: str, data: dict[str, Any] | None = None, *, htmx: bool = False, follow: bool = False, **options: Any
    ) -> TestResponse:
        """Send a form with its CSRF token."""
        headers = {**(HTMX if htmx else {}), **options.pop("headers", {})}
        form = {"csrf_token": self.csrf_token(), **(data or {})}
        response = self.client.post(url, data=form, headers=headers, follow_redirects=follow, **options)
        return self._checked(response)

    def csrf_token(self) -> str:
        """Return the token of this session, as a page carries it."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/forgot").text)
        assert found, "no CSRF token on the page"
        return found.group(1)

    def _checked(self, response: TestResponse) -> TestResponse:
        if response.mimetype == "text/html" and response.text.strip() and response.status_code not in (301, 302, 303):
            check_page(response.text)
        return response
