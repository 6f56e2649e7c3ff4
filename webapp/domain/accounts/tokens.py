"""Links in letters: signed, short-lived, and dead once they have been used."""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeTimedSerializer

from webapp.domain.accounts.models import User

CONFIRM_SECONDS = 3 * 24 * 3600
RESET_SECONDS = 3600


class Tokens:
    """Makes and reads the tokens of confirmation and reset links."""

    def __init__(self, secret_key: str) -> None:
        self._confirm = URLSafeTimedSerializer(secret_key, salt="confirm-email")
        self._reset = URLSafeTimedSerializer(secret_key, salt="reset-password")

    def confirm(self, user: User) -> str:
        """Return a token that proves the address of this user."""
        return self._confirm.dumps([user.public_id, _address(user)])

    def reset(self, user: User) -> str:
        """Return a token that lets this user choose a new password, until the password changes."""
        return self._reset.dumps([user.public_id, _state(user)])

    def read_confirm(self, token: str) -> tuple[str, str] | None:
        """Return (public id, state) of a good token; compare the state with `confirms`."""
        return _read(self._confirm, token, CONFIRM_SECONDS)

    def read_reset(self, token: str) -> tuple[str, str] | None:
        """Return (public id, state) of a good token; compare the state with `matches`."""
        return _read(self._reset, token, RESET_SECONDS)

    @staticmethod
    def confirms(user: User, state: str) -> bool:
        """Tell whether the address and the account are still those the confirmation token was made for."""
        return _address(user) == state

    @staticmethod
    def matches(user: User, state: str) -> bool:
        """Tell whether the password is still the one the reset token was made for."""
        return _state(user) == state


def _address(user: User) -> str:
    return f"{user.session_epoch}:{user.email}"


def _state(user: User) -> str:
    return f"{user.session_epoch}:{user.password_hash[-12:]}"


def _read(serializer: URLSafeTimedSerializer, token: str, seconds: int) -> tuple[str, str] | None:
    try:
        public_id, state = serializer.loads(token, max_age=seconds)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(public_id), str(state)
