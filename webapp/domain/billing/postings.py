"""What delivery asks of the ledger: money set aside for a lease, charged from it, and given back."""

from __future__ import annotations

from datetime import date

from webapp.core.scope import SYSTEM
from webapp.domain.billing.models import TransactionKind
from webapp.domain.billing.types import Holder, Posting

#: What the keys of charges begin with that are kept by the hour as well; `statement` tells them apart by it.
HOURLY = "settle:"


def reservation(holder: Holder, campaign_id: int, amount_micros: int, key: str, day: date) -> Posting:
    """Set money aside for a campaign's day."""
    return _posting(TransactionKind.RESERVE, holder, campaign_id, amount_micros, key, day)


def give_back(holder: Holder, campaign_id: int, amount_micros: int, key: str, day: date) -> Posting:
    """Return what of a reservation was not used."""
    return _posting(TransactionKind.RELEASE, holder, campaign_id, amount_micros, key, day)


def charge(holder: Holder, campaign_id: int, amount_micros: int, key: str, day: date, reference: str) -> Posting:
    """Charge a campaign's day from what is reserved; `reference` is the hour."""
    return _posting(TransactionKind.SPEND, holder, campaign_id, amount_micros, key, day, reference)


def _posting(
    kind: TransactionKind,
    holder: Holder,
    campaign_id: int,
    amount_micros: int,
    key: str,
    day: date,
    reference: str = "",
) -> Posting:
    return Posting(
        holder, SYSTEM, kind, amount_micros, key, reference=reference, campaign_id=campaign_id, budget_day=day
    )
