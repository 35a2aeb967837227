"""Differences between providers: the answer to a bad signature, what must be fetched before verifying."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import pytest
from pydantic import SecretStr, ValidationError

from gateway_contracts.errors import Transient
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.crypto.keyring import Keyring
from gateway_providers.errors import SignatureInvalid, unavailable
from gateway_providers.events import NO_SENDER, Sender, Webhooks
from gateway_providers.gocardless.webhook import GoCardlessWebhooks, sign
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import TEST_ORGANIZATION
from webhook_ingest.adapters.thin_event_buckets import ThinEventBuckets
from webhook_ingest.app import formats_of
from webhook_ingest.domain.coalescing import Coalescer
from webhook_ingest.domain.thin_events import ThinEventCoalescer
from webhook_ingest.errors import SignatureRefused
from webhook_ingest.ports import Account, Webhook
from webhook_ingest.settings import Settings
from webhook_ingest.use_cases.accept_webhook import Acceptance, accept_webhook

PROVIDER = "65a5000000000000000000aa"
SECRET = "webhook-secret"
EVENT = '{"id":"EV%d","resource_type":"payments","action":"confirmed","created_at":"2026-01-15T12:00:00Z"}'
BATCH = ('{"events":[' + ",".join(EVENT % number for number in range(250)) + "]}").encode()


class Stream:
    def __init__(self) -> None:
        self.events: list[ReceivedProviderEvent] = []

    async def put(self, event: ReceivedProviderEvent) -> None:
        self.events.append(event)


class Accounts:
    def __init__(self, webhooks: Webhooks) -> None:
        self.webhooks = webhooks

    async def find(self, provider_type: str, provider_id: str, sender: Sender = NO_SENDER) -> Account:
        return Account(provider_id, TEST_ORGANIZATION, provider_type, False, self.webhooks, (SECRET,))


class Preparing(GoCardlessWebhooks):
    """Needs something from outside first, like PayPal."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.steps: list[str] = []

    async def prepare(self, headers: Mapping[str, str], sender: Sender = NO_SENDER) -> None:
        self.steps.append("prepare")
        if self.fault is not None:
            raise self.fault

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        self.steps.append("verify")
        super().verify(body, headers, secrets, now)


async def accept(webhooks: Webhooks, keyring: Keyring, clock: FrozenClock, *, signature: str) -> Acceptance:
    webhook = Webhook("gocardless", PROVIDER, {"webhook-signature": signature}, BATCH)
    return await accept_webhook(
        webhook,
        accounts=Accounts(webhooks),
        sealer=keyring,
        store=Stream(),
        coalescer=Coalescer(),
        thin_events=ThinEventCoalescer(),
        thin_event_limits=ThinEventBuckets(),
        clock=clock,
    )


async def test_a_batch_is_stored_event_by_event(keyring: Keyring, frozen_clock: FrozenClock) -> None:
    done = await accept(GoCardlessWebhooks(), keyring, frozen_clock, signature=sign(BATCH, SECRET))

    assert done == Acceptance(stored=250, duplicates=0)


async def test_gocardless_gets_498(keyring: Keyring, frozen_clock: FrozenClock) -> None:
    with pytest.raises(SignatureRefused) as refused:
        await accept(GoCardlessWebhooks(), keyring, frozen_clock, signature="0" * 64)

    assert refused.value.answer_status == 498


async def test_what_is_needed_is_fetched_before_verifying(keyring: Keyring, frozen_clock: FrozenClock) -> None:
    webhooks = Preparing()

    await accept(webhooks, keyring, frozen_clock, signature=sign(BATCH, SECRET))

    assert webhooks.steps == ["prepare", "verify"]


@pytest.mark.parametrize(
    ("fault", "expected"), [(SignatureInvalid("not PayPal"), SignatureRefused), (unavailable("PayPal"), Transient)]
)
async def test_what_cannot_be_fetched_is_not_verified(
    keyring: Keyring, frozen_clock: FrozenClock, fault: Exception, expected: type[Exception]
) -> None:
    webhooks = Preparing(fault)

    with pytest.raises(expected):
        await accept(webhooks, keyring, frozen_clock, signature=sign(BATCH, SECRET))

    assert webhooks.steps == ["prepare"]


def settings(environment: Literal["development", "production"], paypal_cert_hosts: str) -> Settings:
    return Settings(
        environment=environment,
        nats_url="nats://127.0.0.1:4222",
        nats_user="svc-webhook-ingest",
        nats_password=SecretStr("p" + secrets.token_hex(20)),
        system_encryption_key=SecretStr(secrets.token_hex(32)),
        system_search_hash_key=SecretStr(secrets.token_hex(32)),
        paypal_cert_hosts=paypal_cert_hosts,
    )


def test_certificates_come_from_elsewhere_in_development_only() -> None:
    hosts = "http://127.0.0.1:12114, http://127.0.0.1:9"

    assert settings("development", hosts).certificate_origins == (
        "http://127.0.0.1:12114",
        "http://127.0.0.1:9",
    )
    with pytest.raises(ValidationError):
        settings("production", hosts)


@pytest.mark.integration  # it tries to connect
async def test_paypal_asks_the_origins_of_the_settings_and_others_are_built_in() -> None:
    formats = formats_of(settings("development", "http://127.0.0.1:9"))

    assert isinstance(formats("gocardless"), GoCardlessWebhooks)
    with pytest.raises(Transient):
        await formats("paypal").prepare({"paypal-cert-url": "http://127.0.0.1:9/cert"})
    with pytest.raises(SignatureInvalid):
        await formats("paypal").prepare({"paypal-cert-url": "http://127.0.0.1:10/cert"})
