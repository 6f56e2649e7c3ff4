"""Passwords: argon2id, and what makes one acceptable."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.core.errors import FieldError

MIN_LENGTH = 10
MAX_LENGTH = 200
MIN_VARIETY = 5


class Passwords:
    """Hashes and checks passwords with argon2id."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        #: Checked against when there is no such user, so that the answer takes as long.
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return the hash to keep."""
        return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether the password is the one; takes as long for an unknown user (None)."""
        try:
            self._hasher.verify(kept or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Tell whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def password_fault(password: str, *, email: str = "") -> FieldError | None:
    """Return what is wrong with a new password, None when it is good."""
    if len(password) < MIN_LENGTH:
        return FieldError(
            "Use at least %(count)s characters; a few words together are easy to remember.", count=MIN_LENGTH
        )
    if len(password) > MAX_LENGTH:
        return FieldError("Use at most %(count)s characters.", count=MAX_LENGTH)
    if len(set(password)) < MIN_VARIETY or (email and password.lower() in (email, email.split("@", maxsplit=1)[0])):
        return FieldError("This one is too easy to guess. Take a few words that have nothing to do with each other.")
    return None
