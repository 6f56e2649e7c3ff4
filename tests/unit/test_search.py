"""Finding things: only what the reader may see, and only what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from tests.support.campaigns import add_campaign, add_creative
from tests.support.memory import SettableClock, add_advertiser, memory_session
from webapp.core.permissions import ADVERTISER_PERMISSIONS, AdvertiserRole
from webapp.core.scope import Scope
from webapp.domain.ads.services.search import Search


@pytest.fixture
def session() -> Iterator[Session]:
    with memory_session() as opened:
        yield opened


@pytest.fixture
def scope(session: Session) -> Scope:
    return add_advertiser(session)


def test_who_may_not_see_creatives_finds_none(session: Session, scope: Scope) -> None:
    add_campaign(session, SettableClock(), scope, name="Jackets, autumn")
    add_creative(session, SettableClock(), scope, name="Jackets, red")
    billing = replace(scope, permissions=ADVERTISER_PERMISSIONS[AdvertiserRole.BILLING], role=AdvertiserRole.BILLING)
    assert {hit.kind for hit in Search(session).find(scope, "jackets")} == {"campaign", "creative"}
    assert [hit.kind for hit in Search(session).find(billing, "jackets")] == ["campaign"]


@pytest.mark.parametrize("text", ["50%", "50_", "50\\"])
def test_signs_of_patterns_mean_themselves(session: Session, scope: Scope, text: str) -> None:
    add_campaign(session, SettableClock(), scope, name=f"Now {text} off")
    add_campaign(session, SettableClock(), scope, name="Now 50 off")
    assert [hit.name for hit in Search(session).find(scope, text)] == [f"Now {text} off"]
