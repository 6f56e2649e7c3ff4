"""An order counts once for its advertiser, also where its clicks are of different nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.serving import NOON_MS, Desk, campaign, event_of
from webapp.adapters.serving.local import LocalServingStore
from webapp.core.errors import Unavailable
from webapp.domain.delivery.types import Decision, EventKind, Verdict
from webapp.surfaces.delivery.nodes import Counts, Nodes

ORDERS = [f"order-{number}" for number in range(12)]


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    desks = tuple(Desk(LocalServingStore(tmp_path / str(node), node)) for node in (1, 2))
    for desk in desks:
        desk.open(campaign(price_micros=1))
    yield desks[0], desks[1]
    for desk in desks:
        desk.store.close()  # type: ignore[attr-defined]


@pytest.fixture
def nodes(desks: tuple[Desk, Desk]) -> Nodes:
    return Nodes([desk.store for desk in desks], Counts())


def bought(nodes: Nodes, node: int, decision: Decision, order: str) -> Verdict:
    told = event_of(EventKind.CONVERSION, decision, NOON_MS, NOON_MS + 2000, order=order)
    return nodes.record(node, told).verdict


def test_an_order_told_with_clicks_of_two_nodes_counts_once(nodes: Nodes, desks: tuple[Desk, Desk]) -> None:
    first, second = (desk.shown(key=number) for number, desk in enumerate(desks, 1))
    for place, order in enumerate(ORDERS):
        one, other = ((1, first), (2, second)) if place % 2 else ((2, second), (1, first))
        assert bought(nodes, *one, order) is Verdict.OK
        assert bought(nodes, *other, order) is Verdict.DUPLICATE
        assert bought(nodes, *one, order) is Verdict.DUPLICATE


def test_what_did_not_count_leaves_its_order_to_others(nodes: Nodes, desks: tuple[Desk, Desk]) -> None:
    unseen, seen = desks[0].ask(key=1), desks[1].shown(key=2)
    for order in ORDERS:
        assert bought(nodes, 1, unseen, order) is Verdict.EXPIRED
        assert bought(nodes, 2, seen, order) is Verdict.OK


def test_without_an_order_every_conversion_counts(nodes: Nodes, desks: tuple[Desk, Desk]) -> None:
    first, second = (desk.shown(key=number) for number, desk in enumerate(desks, 1))
    assert {bought(nodes, node, shown, "") for node, shown in ((1, first), (2, second), (1, first))} == {Verdict.OK}


def test_an_order_whose_home_is_silent_is_to_be_told_again(
    nodes: Nodes, desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = desks[0].shown(key=1)

    def silent(*_: object) -> bool:
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr(desks[1].store, "claim_order", silent)
        refused = []
        for order in ORDERS:
            try:
                bought(nodes, 1, shown, order)
            except Unavailable:
                refused.append(order)
    assert 0 < len(refused) < len(ORDERS)
    again = Nodes([desk.store for desk in desks], Counts())
    assert {bought(again, 1, shown, order) for order in refused} == {Verdict.OK}
