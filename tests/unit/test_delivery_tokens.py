from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.delivery.tokens import (
    LENGTH,
    BadSignature,
    DeliveryTokens,
    Token,
    TokenKind,
    conversion_signature,
    pixel_currency,
)

TOKENS = DeliveryTokens("a secret of thirty-two characters")
IDS = st.integers(0, 2**32 - 1)
SOME = Token(TokenKind.CLICK, 2, 2**63 - 1, 11, 22, 33, 44, 1_800_000_000)
MADE = st.builds(
    Token,
    kind=st.sampled_from(TokenKind), node=st.integers(0, 2**16 - 1), key=st.integers(0, 2**63 - 1),
    advertiser_id=IDS, campaign_id=IDS, ad_id=IDS, placement_id=IDS, decided_s=IDS,
)  # fmt: skip


@given(MADE)
def test_a_token_comes_back_as_it_was(token: Token) -> None:
    assert TOKENS.read(TOKENS.write(token), token.kind) == token


@given(MADE)
def test_a_token_is_short_and_fits_an_address(token: Token) -> None:
    text = TOKENS.write(token)
    assert len(text) == LENGTH == 64
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.integers(0, LENGTH - 1), st.sampled_from("ABCDwxyz0189-_"))
def test_a_token_with_another_sign_is_forged(place: int, sign: str) -> None:
    text = TOKENS.write(SOME)
    forged = text[:place] + sign + text[place + 1 :]
    if forged == text:
        return
    with pytest.raises(BadSignature):
        TOKENS.read(forged, TokenKind.CLICK)


@pytest.mark.parametrize("kind", [kind for kind in TokenKind if kind is not SOME.kind])
def test_a_token_serves_its_own_kind_alone(kind: TokenKind) -> None:
    with pytest.raises(BadSignature):
        TOKENS.read(TOKENS.write(SOME), kind)


@pytest.mark.parametrize(
    "text", ["", "A" * 63, "A" * 64, "A" * 65, "é" * 64, "=" * 64, "!" * 64, "\n" * 64, "A" * 60 + "===="]
)
def test_nonsense_is_forged(text: str) -> None:
    with pytest.raises(BadSignature):
        TOKENS.read(text, TokenKind.CLICK)


def test_another_installation_does_not_know_the_token() -> None:
    with pytest.raises(BadSignature):
        DeliveryTokens("another secret of as many characters").read(TOKENS.write(SOME), SOME.kind)


@pytest.mark.parametrize("kind", TokenKind)
def test_the_signature_is_a_piece_of_hmac_sha512_of_a_derived_key(kind: TokenKind) -> None:
    raw = base64.urlsafe_b64decode(TOKENS.write(SOME._replace(kind=kind)))
    key = hmac.digest(b"a secret of thirty-two characters", b"kabinet.delivery.tokens", "sha256")
    group, place = divmod(kind - 1, 4)
    signed = hmac.digest(key, raw[:1] + bytes([group]) + raw[2:-16], "sha512")
    assert raw[-16:] == signed[16 * place : 16 * place + 16]


def test_no_kind_and_no_group_shares_a_signature() -> None:
    signed = {base64.urlsafe_b64decode(TOKENS.write(SOME._replace(kind=kind)))[-16:] for kind in TokenKind}
    assert len(signed) == len(TokenKind)


@given(MADE)
def test_three_tokens_at_once_are_those_written_one_by_one(token: Token) -> None:
    kinds = (TokenKind.IMPRESSION, TokenKind.VIEW, TokenKind.CLICK)
    assert TOKENS.write_three(*token[1:]) == tuple(TOKENS.write(token._replace(kind=kind)) for kind in kinds)


def test_the_keys_are_not_the_secret_itself() -> None:
    raw = base64.urlsafe_b64decode(TOKENS.write(SOME))
    plain = hmac.digest(b"a secret of thirty-two characters", raw[:1] + b"\0" + raw[2:-16], "sha512")
    assert raw[-16:] not in plain


def test_advertisers_have_secrets_of_their_own() -> None:
    secrets = {TOKENS.advertiser_secret(number, currency) for number in range(50) for currency in ("EUR", "USD")}
    assert len(secrets) == 100
    again = DeliveryTokens("a secret of thirty-two characters")
    assert TOKENS.advertiser_secret(7, "EUR") == again.advertiser_secret(7, "EUR")


def test_a_pixel_names_account_and_currency() -> None:
    token = TOKENS.read(TOKENS.pixel(7, "EUR"), TokenKind.PIXEL)
    assert (token.advertiser_id, pixel_currency(token)) == (7, "EUR")


def test_picture_and_link_of_a_plain_tag_name_one_decision() -> None:
    key = TOKENS.decision_key("pl_1", "123", "somebody")
    assert key == TOKENS.decision_key("pl_1", "123", "somebody")
    assert 0 <= key < 2**63
    others = {("pl_2", "123", "somebody"), ("pl_1", "124", "somebody"), ("pl_1", "123", "else")}
    assert key not in {TOKENS.decision_key(*other) for other in others}


def test_a_conversion_is_signed_as_documented() -> None:
    # printf '1800000000.{"a":1}' | openssl dgst -sha256 -hmac secret
    known = "440dfbb83aabca24d9e5027629cfd81cb45254690f8d410bb28f1cc17c990dbc"
    assert conversion_signature("secret", "1800000000", b'{"a":1}') == known
