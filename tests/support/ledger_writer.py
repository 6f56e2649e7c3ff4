"""A process that moves money without end and says, after each commit, which turn is in the books.

python -m tests.support.ledger_writer URL ADVERTISER_ID FIRST_TURN
"""

from __future__ import annotations

import sys
from datetime import date

from tests.support.books import Store, Till, store_at
from tests.support.memory import import_all_models
from webapp.core.money import MICROS
from webapp.core.scope import SYSTEM, Scope
from webapp.domain.accounts.models import Advertiser
from webapp.domain.accounts.services import scope_of

DAY = date(2026, 11, 19)
#: Transactions of a turn.
STEPS = 4


def main(url: str, advertiser_id: int, turn: int) -> None:
    import_all_models()
    with store_at(url) as store:
        scope = _scope(store, advertiser_id)
        print("ready", flush=True)
        while True:
            store.do(lambda till: one_turn(till, scope, turn))  # noqa: B023 - it is called at once
            print(turn, flush=True)
            turn += 1


def _scope(store: Store, advertiser_id: int) -> Scope:
    with store.till() as till:
        row = till.session.get_one(Advertiser, advertiser_id)
        return scope_of(row, SYSTEM)


def one_turn(till: Till, scope: Scope, turn: int) -> None:
    """Pay in, set aside, charge a part and give the rest back: all of it or nothing."""
    campaign = scope.advertiser_id
    till.ledger.top_up(scope, 3 * MICROS, f"in {turn}")
    till.ledger.reserve(scope, 3 * MICROS, f"lease {turn}", campaign_id=campaign)
    till.ledger.charge(scope, MICROS, f"charge {turn}", campaign_id=campaign, budget_day=DAY)
    till.ledger.release(scope, 2 * MICROS, f"back {turn}", campaign_id=campaign)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
