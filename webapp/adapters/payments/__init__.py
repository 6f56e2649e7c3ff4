"""Payment adapters."""

from __future__ import annotations

from webapp.domain.billing.ports import PaymentProvider


def provider_from_name(name: str) -> PaymentProvider:
    """Return the provider of the PAYMENTS setting."""
    if name == "sandbox":
        from webapp.adapters.payments.sandbox import SandboxPaymentProvider

        return SandboxPaymentProvider()
    raise ValueError(f"PAYMENTS is {name!r}; it may be sandbox")
