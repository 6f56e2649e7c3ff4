"""What campaigns need from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from webapp.core.scope import Scope
from webapp.domain.billing.types import CampaignSpend


class Spending(Protocol):
    """Knows what was charged and what there is to spend; billing is the one behind it."""

    def spend_of_campaigns(self, scope: Scope, ids: Sequence[int] | None = None) -> Mapping[int, CampaignSpend]:
        """Return charges by internal campaign id (None: of all campaigns); one without charges may be missing."""

    def spendable_micros(self, scope: Scope) -> int:
        """Return what may still be spent: available, promo and reserved money together."""
