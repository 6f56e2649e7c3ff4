"""Where a link may lead on to after signing in, and which page of a list may be asked for."""

from __future__ import annotations

import pytest

from webapp.core.paging import MAX_NUMBER, PageRequest
from webapp.web.htmx import safe_next


@pytest.mark.parametrize("target", ["/campaigns?tab=paused", "/", "/search?q=куртка"])
def test_a_path_of_ours_is_followed(target: str) -> None:
    assert safe_next(target, "/home") == target


@pytest.mark.parametrize(
    "target",
    [
        *("", None, "https://evil.example", "//evil.example", "/\\evil.example", "evil.example"),
        *("/\t/evil.example", "/\t\\evil.example", "/\n/evil.example", "/x\r\nSet-Cookie: a=b", "javascript:alert(1)"),
    ],
)
def test_nothing_leads_to_another_site(target: str | None) -> None:
    assert safe_next(target, "/home") == "/home"


@pytest.mark.parametrize("number", [10**9, 10**30])
def test_a_page_far_beyond_any_list_can_be_asked_for(number: int) -> None:
    assert PageRequest(number, 100).offset < 2**63
    assert PageRequest(number).number <= MAX_NUMBER
    assert PageRequest(-3).number == 1
