"""Webhooks of Wise: its own keys or the configured one, test notifications, thin events."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway_contracts.config import ProviderConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_kit.crypto.keyring import Keyring
from gateway_providers.registry import webhooks_of
from gateway_providers.wise.keys import LIVE_KEY, SANDBOX_KEY
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import TEST_ORGANIZATION
from webhook_ingest.adapters.config_accounts import ConfigAccounts
from webhook_ingest.adapters.thin_event_buckets import ThinEventBuckets
from webhook_ingest.domain.coalescing import Coalescer
from webhook_ingest.domain.thin_events import ThinEventCoalescer
from webhook_ingest.errors import SignatureRefused
from webhook_ingest.ports import Webhook
from webhook_ingest.use_cases.accept_webhook import Acceptance, accept_webhook

PROVIDER = "65a5000000000000000000aa"
DATA = {"incoming_transfer_id": "0f6d9c6e-0a2b-4a57-9f0e-7d6f3b8d1c11", "occurred_at": "2026-01-15T12:00:00Z"}
BODY = json.dumps({"event_type": "incoming-transfer#credited", "data": DATA}).encode()


class Stream:
    def __init__(self) -> None:
        self.events: list[ReceivedProviderEvent] = []

    async def put(self, event: ReceivedProviderEvent) -> None:
        self.events.append(event)


class Config:
    ready = True

    def __init__(self, record: ProviderConfig) -> None:
        self.record = record

    def provider(self, identifier: str) -> ProviderConfig | None:
        return self.record if identifier == self.record.id else None


class Gate:
    def __init__(self, keyring: Keyring, clock: FrozenClock, key: RSAPrivateKey | None, *, livemode: bool) -> None:
        sealed: dict[str, tuple[EncryptedValue, ...]] = {}
        if key is not None:
            pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            sealed = {"webhookPublicKey": (seal_provider_secret(keyring, PROVIDER, "webhookPublicKey", pem),)}
        record = ProviderConfig(
            id=PROVIDER,
            organization_id=TEST_ORGANIZATION,
            version=1,
            type="wise",
            label="Wise",
            livemode=livemode,
            secrets=sealed,
        )
        self.accounts = ConfigAccounts(Config(record), keyring, webhooks_of)  # type: ignore[arg-type]  # a fake cache
        self.keyring, self.clock, self.stream, self.coalescer = keyring, clock, Stream(), Coalescer()

    async def accept(self, body: bytes, headers: dict[str, str]) -> Acceptance:
        return await accept_webhook(
            Webhook("wise", PROVIDER, headers, body),
            accounts=self.accounts,
            sealer=self.keyring,
            store=self.stream,
            coalescer=self.coalescer,
            thin_events=ThinEventCoalescer(),
            thin_event_limits=ThinEventBuckets(),
            clock=self.clock,
        )


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def signed(key: RSAPrivateKey, body: bytes = BODY) -> dict[str, str]:
    return {"x-signature-sha256": base64.b64encode(key.sign(body, PKCS1v15(), SHA256())).decode()}


async def test_a_signed_event_is_stored_as_a_thin_event(
    keyring: Keyring, frozen_clock: FrozenClock, key: RSAPrivateKey
) -> None:
    gate = Gate(keyring, frozen_clock, key, livemode=False)

    assert await gate.accept(BODY, signed(key)) == Acceptance(stored=1, duplicates=0)
    [event] = gate.stream.events
    assert (event.provider_type, event.verified) == ("wise", False)


async def test_an_unsigned_test_notification_is_answered_and_forgotten(
    keyring: Keyring, frozen_clock: FrozenClock, key: RSAPrivateKey
) -> None:
    gate = Gate(keyring, frozen_clock, key, livemode=False)

    for body, headers in ((b"", {}), (BODY, {}), (BODY, signed(key))):
        answer = await gate.accept(body, {**headers, "x-test-notification": "true"})
        assert answer == Acceptance(stored=0, duplicates=0, is_verified=False)
    assert gate.stream.events == []


async def test_no_other_signer_is_believed(keyring: Keyring, frozen_clock: FrozenClock, key: RSAPrivateKey) -> None:
    other = generate_private_key(65537, 2048)
    gate = Gate(keyring, frozen_clock, key, livemode=False)

    for headers in ({}, signed(other), signed(key, BODY + b" "), {"x-test-notification": "false"}):
        with pytest.raises(SignatureRefused):
            await gate.accept(BODY, headers)
    assert gate.stream.events == []


@pytest.mark.parametrize(("livemode", "published"), [(True, LIVE_KEY), (False, SANDBOX_KEY)])
async def test_without_a_key_of_its_own_wises_own_counts(
    keyring: Keyring, frozen_clock: FrozenClock, key: RSAPrivateKey, livemode: bool, published: str
) -> None:
    gate = Gate(keyring, frozen_clock, None, livemode=livemode)

    assert (await gate.accounts.find("wise", PROVIDER)).secrets == (published,)
    with pytest.raises(SignatureRefused):
        await gate.accept(BODY, signed(key))
