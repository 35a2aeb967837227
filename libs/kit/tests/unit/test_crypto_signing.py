"""Signatures, against vectors of the official libraries, and the text form of keys."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig
from gateway_kit.crypto.api_keys import new_api_key, parse_api_key
from gateway_kit.crypto.config_secrets import (
    invoicing_value,
    ipn_secrets,
    provider_secrets,
    seal_invoicing_value,
    seal_ipn_secret,
    seal_provider_secret,
)
from gateway_kit.crypto.errors import DecryptionFailed, WeakSystemKey
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.crypto.kms import LocalKms, parse_system_key
from gateway_kit.crypto.signing import (
    new_webhook_secret,
    standard_webhook_signature,
    x_signature,
)

SYSTEM_KEY = "8f1d3c5b7a99e2046f4b8d0c1e3a5f7799b2d4c6e8f00a1c2b3d4e5f60718293"
HASH_KEY = "c0ffee19274a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e5"
BODY = b'{"id":"evt_1","type":"payment.succeeded","amount":1099,"currency":"EUR"}'
KEY_ID = "0123456789abcdef01234567"


def test_whole_secret_signature_matches_the_vector() -> None:
    expected = "31aeda4791a69b5567be9319898388f400cfc4d6995b0db7ed6d415b628f8756"

    assert x_signature("whsec_anchor_secret", 1700000000, BODY) == expected
    assert x_signature("whsec_anchor_secret", "1700000000", BODY) == expected


@pytest.mark.parametrize(
    ("secret", "message_id", "timestamp", "body", "expected"),
    [
        (
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "msg_anchor1",
            1700000000,
            BODY,
            "v1,GITifHjB8+xqr4n/TiUG2W1Cf/tEENBGzdm9vsiTuvY=",
        ),
        (
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ],
)
def test_standard_webhooks_signature_matches_the_vectors(
    secret: str, message_id: str, timestamp: int, body: bytes, expected: str
) -> None:
    assert standard_webhook_signature(secret, message_id, timestamp, body) == expected


@given(body=st.binary(max_size=200), position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_a_changed_body_id_time_or_secret_changes_the_signature(body: bytes, position: int, flip: int) -> None:
    secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    header = standard_webhook_signature(secret, "m", 7, body)
    signature = x_signature(secret, 7, body)
    changed = bytearray(body + b"\0")
    changed[position % len(changed)] ^= flip

    assert header not in {
        standard_webhook_signature(secret, "m", 7, bytes(changed)),
        standard_webhook_signature(secret, "n", 7, body),
        standard_webhook_signature(secret, "m", 8, body),
        standard_webhook_signature(new_webhook_secret(), "m", 7, body),
    }
    assert signature not in {
        x_signature(secret, 7, bytes(changed)),
        x_signature(secret, 8, body),
        x_signature(new_webhook_secret(), 7, body),
    }


def test_a_new_secret_is_32_random_bytes_that_official_libraries_read() -> None:
    secret = new_webhook_secret()

    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != new_webhook_secret()
    Webhook(secret)


def test_a_malformed_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        standard_webhook_signature("whsec_not base64!", "m", 1, b"")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing"),
        ("changeme", "hex"),
        ("ab" * 16, "64 hex digits"),
        (SYSTEM_KEY + "00", "64 hex digits"),
        ("00" * 32, "pattern"),
        ("0123456789abcdef" * 4, "pattern"),
        (bytes(range(32)).hex(), "pattern"),
        (" ".join([SYSTEM_KEY[:32], SYSTEM_KEY[33:]]), "hex"),
    ],
)
def test_weak_system_keys_are_refused_with_advice(text: str, reason: str) -> None:
    with pytest.raises(WeakSystemKey, match=reason) as caught:
        LocalKms(text)
    assert "SYSTEM_ENCRYPTION_KEY" in str(caught.value)
    assert "openssl rand -hex 32" in str(caught.value)
    assert not text or text not in str(caught.value)


def test_a_random_system_key_is_accepted() -> None:
    assert parse_system_key("X", SYSTEM_KEY).hex() == SYSTEM_KEY


def test_api_keys_survive_reading_and_are_refused_when_mistyped() -> None:
    key = new_api_key("test", KEY_ID)
    text = str(key)

    assert text.startswith(f"sk_test_{KEY_ID}.")
    assert parse_api_key(text) == key
    assert key.secret not in repr(key)
    for wrong in ("", "sk_test_", text[:-1], text + "a", "x" + text, text.replace("sk_test", "sk_live"), "sk_a_b.c"):
        assert parse_api_key(wrong) is None


@given(position=st.integers(min_value=0), replacement=st.characters())
def test_one_wrong_character_of_an_api_key_is_noticed(position: int, replacement: str) -> None:
    text = str(new_api_key("live", KEY_ID))
    index = position % len(text)
    if text[index] == replacement:
        return

    assert parse_api_key(text[:index] + replacement + text[index + 1 :]) is None


def test_secrets_of_configuration_records_are_bound_to_their_owner() -> None:
    keyring = Keyring.from_secrets(SYSTEM_KEY, HASH_KEY)
    keyring.load(keyring.create("system", "", "system"))
    sealed = seal_provider_secret(keyring, "p1", "webhookSecret", "whsec_a")
    provider = ProviderConfig(
        id="p1",
        organization_id="o",
        version=1,
        type="stripe",
        label="Cards",
        livemode=False,
        secrets={"webhookSecret": (sealed,)},
    )
    site = SiteConfig(
        id="s1",
        organization_id="o",
        version=1,
        name="Shop",
        ipn_secrets={"test": (seal_ipn_secret(keyring, "s1", livemode=False, secret="whsec_b"),)},
    )

    assert provider_secrets(keyring, provider, "webhookSecret") == ("whsec_a",)
    assert provider_secrets(keyring, provider, "secretKey") == ()
    assert ipn_secrets(keyring, site, livemode=False) == ("whsec_b",)
    assert ipn_secrets(keyring, site, livemode=True) == ()
    with pytest.raises(DecryptionFailed):
        provider_secrets(keyring, provider.model_copy(update={"id": "p2"}), "webhookSecret")


def test_invoicing_settings_are_sealed_one_by_one() -> None:
    keyring = Keyring.from_secrets(SYSTEM_KEY, HASH_KEY)
    keyring.load(keyring.create("organization", KEY_ID, "records"))
    sealed = seal_invoicing_value(keyring, KEY_ID, "bankIBAN", "DE89370400440532013000")
    settings = {"bankIBAN": sealed, "companyEmail": sealed, "companyName": "Shop"}
    organization = OrganizationConfig(id=KEY_ID, version=1, name="Shop", invoicing=settings)

    assert invoicing_value(keyring, organization, "bankIBAN") == "DE89370400440532013000"
    assert invoicing_value(keyring, organization, "companyName") is None
    assert invoicing_value(keyring, organization, "absent") is None
    with pytest.raises(DecryptionFailed):
        invoicing_value(keyring, organization, "companyEmail")
