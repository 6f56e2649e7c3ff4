"""Figures, days and drawings read as look.md writes them, in both languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from flask import Flask, flash
from flask_babel import Babel, force_locale

from webapp.web import filters
from webapp.web.graphics import GLYPHS, spark
from webapp.web.status import LOOKS

SPACE = "\u00a0"
THIS_YEAR = datetime.now(UTC).year


@pytest.fixture
def page() -> Iterator[Flask]:
    app = Flask(__name__)
    app.secret_key = "test"
    Babel(app)
    filters.register_filters(app)
    with app.test_request_context():
        yield app


@pytest.fixture(params=["en", "ru"])
def locale(request: pytest.FixtureRequest, page: Flask) -> Iterator[str]:
    with force_locale(request.param):
        yield request.param


def pick(locale: str, en: str, ru: str) -> str:
    return (en if locale == "en" else ru).replace("_", SPACE)


def test_money_is_written_in_the_readers_way(locale: str) -> None:
    assert filters.money(13_051_330_000, "USD") == pick(locale, "$13,051.33", "13_051,33_$")
    assert filters.money(-5_000_000, "USD") == pick(locale, "−$5.00", "−5,00_$")
    assert filters.money(3_740_000, "USD", sign=True) == pick(locale, "+$3.74", "+3,74_$")
    assert filters.money(13_051_330_000, "USD", 0) == pick(locale, "$13,051", "13_051_$")
    assert filters.money(1_500_000, "CHF") == pick(locale, "CHF_1.50", "1,50_CHF")
    assert filters.money(None, "USD") == "—"


def test_an_amount_keeps_what_was_charged(locale: str) -> None:
    assert filters.amount(770_400, 4) == pick(locale, "0.7704", "0,7704")
    assert filters.amount(1, 6) == pick(locale, "0.000001", "0,000001")
    assert filters.amount(Fraction(10_000_000, 3)) == pick(locale, "3.33", "3,33")
    assert filters.amount(-1) == pick(locale, "0.00", "0,00")


def test_counts_and_rates(locale: str) -> None:
    assert filters.integer(4_896_911) == pick(locale, "4,896,911", "4_896_911")
    assert filters.integer(0) == "0"
    assert filters.percent(Fraction(30_337, 4_896_911)) == pick(locale, "0.62%", "0,62_%")
    assert filters.percent(Decimal("8.14"), 0) == pick(locale, "814%", "814_%")
    assert filters.percent(None) == filters.integer(None) == "—"


def test_a_change_has_an_arrow_and_a_true_unit(locale: str) -> None:
    assert filters.change(1127, 1000) == pick(locale, "↑_12.7%", "↑_12,7_%")
    assert filters.change(Decimal("0.0062"), Decimal("0.0058"), pp=True) == pick(locale, "↑_0.04_pp", "↑_0,04_п. п.")
    assert filters.change(5, 0) == "—"


def test_days_show_the_year_only_when_it_is_another(locale: str) -> None:
    day = date(THIS_YEAR, 11, 19)
    assert filters.day_short(day) == pick(locale, "19 Nov", "19 нояб.")
    assert filters.day_range(date(THIS_YEAR, 10, 23), day) == pick(locale, "23 Oct – 19 Nov", "23 окт. – 19 нояб.")
    assert filters.day_short(date(2017, 8, 30)) == pick(locale, "30 Aug 2017", "30 авг. 2017")
    assert filters.day_range(date(2017, 8, 17), date(2017, 8, 30)) == pick(
        locale, "17 Aug – 30 Aug 2017", "17 авг. – 30 авг. 2017"
    )
    assert filters.day_range(day, day) == filters.day_short(day)


def test_times_are_told_in_the_accounts_zone(locale: str) -> None:
    noon = datetime(THIS_YEAR, 11, 19, 12, 32, tzinfo=UTC)
    assert filters.time_of(noon, "Europe/Riga") == "14:32"
    assert filters.time_of(noon, "Asia/Kathmandu") == "18:17"
    assert filters.ago(noon, noon + timedelta(seconds=4)) == pick(locale, "4_s ago", "4_с назад")
    assert filters.ago(noon, noon + timedelta(minutes=6)) == pick(locale, "6_min ago", "6_мин назад")
    assert filters.ago(noon, noon - timedelta(seconds=1)) == pick(locale, "just now", "только что")


def test_file_sizes(locale: str) -> None:
    assert filters.file_size(3_565_158) == pick(locale, "3.4_MB", "3,4_МБ")
    assert filters.file_size(1024 * 1024) == pick(locale, "1_MB", "1_МБ")
    assert filters.file_size(217_088) == pick(locale, "212_KB", "212_КБ")


def test_a_delta_is_coloured_by_what_is_good(page: Flask) -> None:
    assert "text-success" in filters.delta(112, 100)
    assert "text-error" in filters.delta(112, 100, "down")
    assert "text-muted" in filters.delta(112, 100, "none")
    assert "text-muted" in filters.delta(100, 100)


def test_every_status_has_a_drawn_shape() -> None:
    assert {look.glyph for look in LOOKS.values()} <= set(GLYPHS)


@pytest.mark.parametrize("values", [[], [0, 0], [5], [1, 2, 3], [None, 4]])
def test_a_sparkline_is_drawn_from_any_series(values: list[int | None]) -> None:
    drawn = spark(values)
    assert drawn.startswith("<svg")
    assert "nan" not in drawn


@pytest.mark.parametrize("redirecting", [False, True])
def test_a_flashed_message_travels_with_a_fragment(page: Flask, redirecting: bool) -> None:
    @page.post("/pause")
    def pause() -> tuple[str, dict[str, str]]:
        flash(json.dumps({"message": "Пауза", "undo": "/resume"}), "done")
        return "<tr></tr>", {"HX-Redirect": "/elsewhere"} if redirecting else {}

    client = page.test_client()
    header = client.post("/pause", headers={"HX-Request": "true"}).headers.get("HX-Trigger")
    with client.session_transaction() as session:
        waiting = session.get("_flashes")
    if redirecting:
        assert header is None
        assert waiting
        return
    assert header is not None
    assert header.isascii()
    assert json.loads(header)["toast"]["items"] == [{"message": "Пауза", "undo_url": "/resume", "tone": "success"}]
    assert not waiting
