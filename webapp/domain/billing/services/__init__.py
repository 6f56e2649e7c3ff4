"""Services of money: the one writer, what is read of it, and payments from outside."""

from webapp.domain.billing.services.balances import Balances
from webapp.domain.billing.services.ledger import Ledger
from webapp.domain.billing.services.payments import Payments

__all__ = ["Balances", "Ledger", "Payments"]
