"""Sealed tokens: only the sealer opens them, at their own place and for their own purpose."""

import secrets

import pytest

from gateway_kit.crypto.errors import WeakSystemKey
from gateway_kit.crypto.tokens import TokenSealer

KEY = secrets.token_hex(32)


def test_a_token_opens_in_every_process_with_the_same_key() -> None:
    token = TokenSealer(KEY, "page").seal("cs_secret ü", place="cookie")

    assert TokenSealer(KEY, "page").open(token, place="cookie") == "cs_secret ü"
    assert "cs_secret" not in token
    assert token.replace("-", "").replace("_", "").isalnum()


def test_a_token_opens_nowhere_else() -> None:
    token = TokenSealer(KEY, "page").seal("cs_secret", place="cookie")

    assert TokenSealer(KEY, "page").open(token, place="another") is None
    assert TokenSealer(KEY, "payer").open(token, place="cookie") is None
    assert TokenSealer(secrets.token_hex(32), "page").open(token, place="cookie") is None


@pytest.mark.parametrize("token", ["", "x", "cs_" + "A" * 32, "ü", "\ud800", "=", "A" * 20_000, "a b", "\x00"])
def test_anything_else_is_no_token(token: str) -> None:
    assert TokenSealer(KEY, "page").open(token, place="cookie") is None


def test_every_changed_character_is_noticed() -> None:
    sealer = TokenSealer(KEY, "page")
    token = sealer.seal("cs_secret", place="cookie")
    changed = [token[:i] + ("B" if token[i] == "A" else "A") + token[i + 1 :] for i in range(len(token) - 1)]

    assert [sealer.open(item, place="cookie") for item in changed] == [None] * len(changed)


def test_a_weak_key_is_refused() -> None:
    with pytest.raises(WeakSystemKey):
        TokenSealer("", "page")
