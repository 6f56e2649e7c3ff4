"""Signed tokens: what an address of the delivery surface knows of a decision, so that nobody can make one up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from binascii import Error as Base64Error
from binascii import b2a_base64
from enum import IntEnum
from typing import NamedTuple

VERSION = 2
#: Version, kind, node, key, advertiser, campaign, ad, placement, decided: with its signature a multiple of three bytes,
#: so that the text needs no padding.
_LAYOUT = struct.Struct(">BBHQIIIII")
_SIGNATURE_BYTES = 16
#: One HMAC-SHA512 has signatures for as many kinds of the same ids, a piece each: no piece tells of another.
_KINDS_SIGNED = 64 // _SIGNATURE_BYTES
_TO_ADDRESS = bytes.maketrans(b"+/", b"-_")
_BYTES = _LAYOUT.size + _SIGNATURE_BYTES
LENGTH = _BYTES // 3 * 4
_KEY_MASK = (1 << 63) - 1


class BadSignature(Exception):
    """Raised for a token that was not made here."""


class TokenKind(IntEnum):
    """What a token may be used for: one of another kind is as good as forged."""

    IMPRESSION = 1
    VIEW = 2
    CLICK = 3
    #: The `click_id` a landing page hands back.
    CONVERSION = 4
    #: An advertiser's conversion pixel; names the advertiser and, where a decision has its key, the account's currency.
    PIXEL = 5


class Token(NamedTuple):
    """A decision's ids; the node that keeps it and the second it was made in."""

    kind: TokenKind
    node: int
    key: int
    advertiser_id: int
    campaign_id: int = 0
    ad_id: int = 0
    placement_id: int = 0
    decided_s: int = 0


#: What the tokens of an answer begin with.
_HEADS = tuple(bytes((VERSION, kind)) for kind in (TokenKind.IMPRESSION, TokenKind.VIEW, TokenKind.CLICK))


class _Signer:
    """HMAC whose key is taken in once: a quarter of the time `hmac` needs for a message this short."""

    def __init__(self, key: bytes, name: str) -> None:
        # Keys of ours are shorter than the blocks the hash works in.
        block = key.ljust(hashlib.new(name).block_size, b"\0")
        self._inner = hashlib.new(name, bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.new(name, bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        """Return the same as `hmac.digest(key, message, name)`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


class DeliveryTokens:
    """Writes and reads tokens with keys derived from the installation's secret."""

    def __init__(self, secret_key: str) -> None:
        self._secret = secret_key.encode()
        self._tokens = _Signer(self._derived("tokens"), "sha512")
        self._decisions = _Signer(self._derived("decisions"), "sha256")

    def write(self, token: Token) -> str:
        """Return the token as text for an address."""
        packed = _LAYOUT.pack(VERSION, *token)
        return base64.urlsafe_b64encode(packed + self._signature(packed, token.kind)).decode()

    def write_three(self, *ids: int) -> tuple[str, str, str]:
        """Return what `write` does of these ids for impression, view and click, at the cost of one signature."""
        message = _LAYOUT.pack(VERSION, 0, *ids)
        signed, rest = self._tokens.digest(message), message[2:]
        first, second, third = _HEADS
        raw = b"".join((first, rest, signed[:16], second, rest, signed[16:32], third, rest, signed[32:48]))
        text = b2a_base64(raw, newline=False).translate(_TO_ADDRESS).decode()
        return text[:LENGTH], text[LENGTH : 2 * LENGTH], text[2 * LENGTH :]

    def read(self, text: str, kind: TokenKind) -> Token:
        """Return the token, or raise BadSignature."""
        raw = _bytes_of(text)
        packed = raw[: _LAYOUT.size]
        if not hmac.compare_digest(self._signature(packed, kind), raw[_LAYOUT.size :]):
            raise BadSignature
        version, found, *ids = _LAYOUT.unpack(packed)
        if version != VERSION or found != kind:
            raise BadSignature
        return Token(kind, *ids)

    def pixel(self, advertiser_id: int, currency: str) -> str:
        """Return the token of an advertiser's conversion pixel; always the same."""
        return self.write(Token(TokenKind.PIXEL, 0, int.from_bytes(currency.encode()), advertiser_id))

    def advertiser_secret(self, advertiser_id: int, currency: str) -> str:
        """Return what an advertiser's server signs its conversions with; it stands for the account's currency too."""
        derived = self._derived(f"advertiser:{advertiser_id}:{currency}")
        return base64.urlsafe_b64encode(derived).decode().rstrip("=")

    def decision_key(self, placement: str, number: str, user_key: str) -> int:
        """Return the 63 bits by which picture and link of a plain tag name the same decision."""
        signed = self._decisions.digest(f"{placement}\0{user_key}\0{number}".encode())
        return int.from_bytes(signed[:8], "big") & _KEY_MASK

    def _signature(self, packed: bytes, kind: int) -> bytes:
        """Return the piece of a kind out of the signature all kinds of its group share."""
        group, place = divmod(kind - 1, _KINDS_SIGNED)
        signed = self._tokens.digest(packed[:1] + bytes((group,)) + packed[2:])
        return signed[place * _SIGNATURE_BYTES : (place + 1) * _SIGNATURE_BYTES]

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, f"kabinet.delivery.{purpose}".encode(), "sha256")


def pixel_currency(token: Token) -> str:
    """Return the currency of the account whose pixel this is."""
    return token.key.to_bytes(8).lstrip(b"\0").decode()


def conversion_signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what the header of a conversion must say: HMAC-SHA256 of `<timestamp>.<body>` in hex."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _bytes_of(text: str) -> bytes:
    if len(text) != LENGTH or not text.isascii():
        raise BadSignature
    try:
        raw = base64.urlsafe_b64decode(text)
    except Base64Error:
        raise BadSignature from None
    # The decoder skips what is no sign of its alphabet, which leaves less than there should be.
    if len(raw) != _BYTES:
        raise BadSignature
    return raw
