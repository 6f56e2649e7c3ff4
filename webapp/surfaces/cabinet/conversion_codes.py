"""What an advertiser's developers copy to tell conversions: pixel, signed call, and an example to check oneself by."""

from __future__ import annotations

import json
from dataclasses import dataclass

from webapp.domain.delivery.tokens import conversion_signature

#: What stands where the advertiser's own page or server puts its values.
CLICK_ID, ORDER_ID, SECRET = "CLICK_ID", "ORDER_ID", "YOUR_SECRET"
#: Known to everybody, so that the example comes out the same wherever it is computed.
EXAMPLE_SECRET, EXAMPLE_TIME = "example-secret", "1800000000"
EXAMPLE_BODY = '{"click_id":"AbC123","order":"A-1","value":"12.50"}'
VALUE = "12.50"


@dataclass(frozen=True, slots=True)
class Example:
    """A signature worked out."""

    secret: str
    timestamp: str
    body: str
    signature: str


def example() -> Example:
    """Return the example every implementation must come to."""
    signature = conversion_signature(EXAMPLE_SECRET, EXAMPLE_TIME, EXAMPLE_BODY.encode())
    return Example(EXAMPLE_SECRET, EXAMPLE_TIME, EXAMPLE_BODY, signature)


def pixel_code(pixel: str, currency: str, delivery_url: str) -> str:
    """Return the picture for the page people see after the deed."""
    query = f"click_id={CLICK_ID}&amp;order={ORDER_ID}&amp;value={VALUE}&amp;currency={currency}"
    return f'<img src="{delivery_url}/d/p/{pixel}.gif?{query}" width="1" height="1" alt="">'


def server_code(currency: str, delivery_url: str, secret: str = SECRET) -> str:
    """Return the signed call as a shell would make it."""
    told = {"click_id": CLICK_ID, "order": ORDER_ID, "value": VALUE, "currency": currency}
    return "\n".join(
        (
            f"SECRET='{secret}'",
            f"BODY='{json.dumps(told, separators=(',', ':'))}'",
            "TIME=$(date +%s)",
            """SIGNATURE=$(printf '%s.%s' "$TIME" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/^.* //')""",
            f"curl -X POST {delivery_url}/d/conversion \\",
            "  -H 'Content-Type: application/json' \\",
            '  -H "Kabinet-Timestamp: $TIME" \\',
            '  -H "Kabinet-Signature: $SIGNATURE" \\',
            '  --data-raw "$BODY"',
        )
    )
