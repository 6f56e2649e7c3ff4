"""Digits that Python calls digits but cannot read, and more of them than it reads."""

from __future__ import annotations

import pytest

from webapp.core.digits import whole_number
from webapp.core.errors import FieldError
from webapp.domain.ads.landing import check_landing
from webapp.domain.ads.models import HOURS_IN_WEEK
from webapp.domain.ads.schedule import hours_of

ODD = ["²", "٣", "9" * 5000, "-1", "1.5", " 1", ""]


@pytest.mark.parametrize("text", [*ODD, None])
def test_what_is_no_plain_number_is_none(text: str | None) -> None:
    assert whole_number(text) is None


def test_plain_digits_are_read() -> None:
    assert (whole_number("0"), whole_number("007"), whole_number("999999999")) == (0, 7, 999_999_999)


def test_odd_digits_are_no_hours() -> None:
    assert hours_of([*ODD, "168", "3"]) == "0001" + "0" * (HOURS_IN_WEEK - 4)


@pytest.mark.parametrize("port", ["²", "٣", "9" * 1500, "0", "65536"])
def test_odd_digits_are_no_port(port: str) -> None:
    with pytest.raises(FieldError):
        check_landing(f"https://tallbrook.example:{port}/")


def test_a_port_is_kept_without_its_noughts() -> None:
    assert check_landing("https://tallbrook.example:08080/") == "https://tallbrook.example:8080/"
