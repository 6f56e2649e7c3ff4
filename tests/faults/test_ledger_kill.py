"""A process killed at random points leaves books that agree, with all in them that it was told was in them."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from sqlalchemy import func, select

from tests.support.books import Store
from tests.support.ledger_writer import STEPS
from webapp.core.money import MICROS
from webapp.core.scope import Scope
from webapp.domain.billing.models import Transaction

ROOT = Path(__file__).parents[2]
KILLS = 8


def killed_after(seconds: float, store: Store, scope: Scope, first_turn: int) -> int:
    """Let a writer work for so long, kill it, and return the last turn it said was committed."""
    writer_module = [sys.executable, "-m", "tests.support.ledger_writer"]
    command = [*writer_module, store.url, str(scope.advertiser_id), str(first_turn)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        timer = threading.Timer(seconds, writer.kill)
        timer.start()
        said = [int(line) for line in writer.stdout]
        timer.cancel()
    assert writer.returncode == -signal.SIGKILL, "the writer ended by itself"
    return said[-1] if said else first_turn - 1


def turns(store: Store, scope: Scope) -> int:
    with store.till() as till:
        query = select(func.count()).select_from(Transaction).where(Transaction.advertiser_id == scope.advertiser_id)
        count = till.session.scalar(query) or 0
    assert count % STEPS == 0, "half a turn is in the books"
    return count // STEPS


def test_kill_the_writer_at_random_points(store: Store) -> None:
    scope, dice, next_turn = store.advertiser(), random.Random(20261119), 0
    written = 0
    for _ in range(KILLS):
        said = killed_after(dice.uniform(0.02, 0.4), store, scope, next_turn)
        store.prove()
        written = turns(store, scope)
        assert said + 1 <= written <= said + 2, "a turn that was acknowledged is missing, or one too many is there"
        # The next writer does not know whether the last turn arrived: it does it again, to no effect if it did.
        next_turn = max(said, 0)
    pockets = store.pockets(scope)
    assert pockets.reserved_micros == 0
    assert (pockets.available_micros, pockets.spent_micros) == (2 * MICROS * written, MICROS * written)
