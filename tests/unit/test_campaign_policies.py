from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from tests.support.campaigns import campaign_input, units
from webapp.core.errors import Invalid
from webapp.core.permissions import ADVERTISER_PERMISSIONS, AdvertiserRole
from webapp.core.scope import Actor, Scope
from webapp.domain.ads.models import BidModel, CapWindow
from webapp.domain.ads.policies import Rules, clean_terms
from webapp.domain.ads.targeting import clean_domain, country_codes
from webapp.domain.ads.types import LocalMoment, SiteMode, Targeting
from webapp.domain.billing.types import CampaignSpend

NOW = datetime(2026, 11, 19, 12, 32, tzinfo=UTC)


def scope_in(zone: str = "Europe/Riga") -> Scope:
    return Scope(Actor(1, "Mara"), 1, "a_1", "Tallbrook", "USD", zone,  # type: ignore[arg-type]
                 ADVERTISER_PERMISSIONS[AdvertiserRole.OWNER])  # fmt: skip


def clean(zone: str = "Europe/Riga", spend: CampaignSpend | None = None, complete: bool = True, **changes: Any) -> Any:
    rules = Rules(scope_in(zone), NOW, spend or CampaignSpend(), complete=complete)
    return clean_terms(campaign_input(**changes), rules)


def refusal(field: str, **changes: Any) -> str:
    with pytest.raises(Invalid) as caught:
        clean(**changes)
    return str(caught.value.errors[field])


def test_good_terms_become_columns() -> None:
    columns = clean(name="  Autumn   jackets ", labels=("outdoor", "Outdoor", " autumn "))
    assert columns["name"] == "Autumn jackets"
    assert columns["bid_micros"] == 3_200_000
    assert columns["labels"] == ["outdoor", "autumn"]
    assert columns["targeting"] == {}
    assert columns["starts_at"] is None


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 121}),
        ("name", {"name": "a\u202eb"}),
        ("bid", {"bid_micros": None}),
        ("bid", {"bid_micros": 0}),
        ("bid", {"bid_micros": -1}),
        ("bid", {"bid_micros": 9_000}),
        ("bid", {"bid_micros": units(10_001)}),
        ("bid", {"bid_micros": 3_200_001}),
        ("daily_budget", {"daily_budget_micros": None, "total_budget_micros": None}),
        ("daily_budget", {"daily_budget_micros": 0}),
        ("daily_budget", {"daily_budget_micros": units(9001)}),
        ("total_budget", {"total_budget_micros": units(100_000_001)}),
        ("daily_budget", {"bid_model": BidModel.CPC, "bid_micros": units(5), "daily_budget_micros": units(4)}),
        ("ends", {"ends": LocalMoment(date(2026, 11, 18))}),
        ("ends", {"starts": LocalMoment(date(2026, 12, 2)), "ends": LocalMoment(date(2026, 12, 1))}),
        ("starts", {"starts": LocalMoment(date(1026, 12, 2))}),
        ("hours", {"hours": "0" * 168}),
        ("hours", {"hours": "1" * 167}),
        ("cap_count", {"cap_count": 0, "cap_window": CapWindow.DAY}),
        ("cap_window", {"cap_count": 3}),
        ("countries", {"targeting": Targeting(countries=("LV", "ZZ"))}),
        ("regions", {"targeting": Targeting(regions=("Riga",))}),
        ("languages", {"targeting": Targeting(languages=("xx",))}),
        ("devices", {"targeting": Targeting(devices=("toaster",))}),
        ("sites", {"targeting": Targeting(site_mode=SiteMode.ONLY)}),
        ("sites", {"targeting": Targeting(site_mode=SiteMode.ONLY, sites=("https://trail.example/a",))}),
        ("keywords", {"targeting": Targeting(keywords=("x" * 81,))}),
        ("keywords", {"targeting": Targeting(keywords=tuple(f"word {n}" for n in range(101)))}),
        ("labels", {"labels": tuple(f"label {n}" for n in range(11))}),
        ("category", {"category": "weapons"}),
        ("notes", {"notes": "x" * 2001}),
    ],
)
def test_bad_terms_are_refused_beside_their_field(field: str, changes: dict[str, Any]) -> None:
    assert refusal(field, **changes)


def test_every_refusal_comes_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        clean(name="", bid_micros=1, hours="", targeting=Targeting(countries=("QQ",)))
    assert set(caught.value.errors) == {"name", "bid", "hours", "countries"}


def test_a_draft_may_wait_for_its_bid_and_budget() -> None:
    columns = clean(complete=False, bid_micros=None, daily_budget_micros=None, total_budget_micros=None)
    assert columns["bid_micros"] == 0


def test_budgets_do_not_go_below_what_is_spent() -> None:
    spend = CampaignSpend(today_micros=units(25, 5), total_micros=units(2660, 40))
    assert "already spent today" in refusal("daily_budget", spend=spend, daily_budget_micros=units(25))
    assert "already spent: not below that" in refusal("total_budget", spend=spend, total_budget_micros=units(2660))
    assert clean(spend=spend, daily_budget_micros=units(25, 5), total_budget_micros=units(2660, 40))


def test_days_are_the_advertisers_days() -> None:
    columns = clean("Asia/Kathmandu", starts=LocalMoment(date(2026, 12, 1)), ends=LocalMoment(date(2026, 12, 31)))
    assert columns["starts_at"] == datetime(2026, 11, 30, 18, 15, tzinfo=UTC)
    assert columns["ends_at"] == datetime(2026, 12, 31, 18, 15, tzinfo=UTC)


def test_clock_changes_leave_no_gap_and_lose_no_hour() -> None:
    spring = clean(starts=LocalMoment(date(2027, 3, 28), time(3, 30)))  # 03:00 becomes 04:00 in Riga
    assert spring["starts_at"] == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    twice = LocalMoment(date(2027, 10, 31), time(3, 30))
    autumn = clean(starts=twice, ends=twice)
    assert (autumn["ends_at"] - autumn["starts_at"]).total_seconds() == 3600


def test_audiences_have_one_spelling() -> None:
    targeting = Targeting(
        countries=("lv", "LV", "ee"),
        regions=("lv-rix",),
        sites=("Quiz-Corner.example", "quiz-corner.example.", "münchen.example"),
        site_mode=SiteMode.EXCEPT,
        keywords=("Hiking ", "hiking", "cold  weather"),
    )
    assert clean(targeting=targeting)["targeting"] == {
        "countries": ["LV", "EE"],
        "regions": ["LV-RIX"],
        "sites": ["quiz-corner.example", "xn--mnchen-3ya.example"],
        "site_mode": "except",
        "keywords": ["Hiking", "cold weather"],
    }


def test_targeting_survives_its_column() -> None:
    targeting = Targeting(countries=("LV",), sites=("a.example",), site_mode=SiteMode.ONLY, keywords=("x",))
    assert Targeting.from_json(targeting.to_json()) == targeting
    assert Targeting.from_json({}) == Targeting()


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1", "a b.example", "-x.example", "x..example", "[::1]"])
def test_what_is_no_site(text: str) -> None:
    with pytest.raises(Exception, match="site"):
        clean_domain(text)


def test_countries_are_those_of_iso() -> None:
    assert {"LV", "US", "RU", "XK"} <= country_codes()
    assert not {"EU", "ZZ", "UN"} & country_codes()
