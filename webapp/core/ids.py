"""Public ids: a short prefix and 80 random bits nobody can guess."""

from __future__ import annotations

import re
import secrets
from typing import NewType

PublicId = NewType("PublicId", str)

#: Crockford's base 32: no I, L, O, U, so that an id survives being read aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
PATTERN = re.compile(r"[a-z]{1,3}_[0-9A-HJKMNP-TV-Z]{16}")


def new_public_id(prefix: str) -> PublicId:
    """Return a fresh id such as `c_7Q2M…`."""
    bits = secrets.randbits(5 * LENGTH)
    return PublicId(f"{prefix}_{''.join([ALPHABET[bits >> shift & 31] for shift in range(0, 5 * LENGTH, 5)])}")
