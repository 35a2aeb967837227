"""The use case with the real Stripe verification and real encryption, and a stream in memory."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import GatewayError, Transient
from gateway_contracts.events.provider import AAD_COLLECTION, AAD_FIELD, ReceivedProviderEvent
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.limits.buckets import Buckets
from gateway_providers.events import NO_SENDER, Sender
from gateway_providers.mollie.webhook import sign as sign_mollie
from gateway_providers.registry import webhooks_of
from gateway_providers.stripe.webhook import sign
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import TEST_ORGANIZATION
from webhook_ingest.adapters.config_accounts import ConfigAccounts
from webhook_ingest.adapters.direct_reads import AT_ONCE_PER_SENDER, OF_SENDER
from webhook_ingest.adapters.thin_event_buckets import POLICIES, ThinEventBuckets
from webhook_ingest.domain.coalescing import Coalescer
from webhook_ingest.domain.thin_events import WINDOW_S, ThinEventCoalescer
from webhook_ingest.errors import BodyUnreadable, NotReady, ProviderUnknown, SignatureRefused
from webhook_ingest.ports import Webhook
from webhook_ingest.use_cases.accept_webhook import Acceptance, accept_webhook

PROVIDER = "65a5000000000000000000aa"
SECRET = "whsec_current"
OLD_SECRET = "whsec_previous"
BODY = json.dumps({"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "created": 1}).encode()


class Stream:
    def __init__(self) -> None:
        self.events: list[ReceivedProviderEvent] = []
        self.fail: GatewayError | None = None

    async def put(self, event: ReceivedProviderEvent) -> None:
        if self.fail:
            raise self.fail
        self.events.append(event)


class Config:
    """The configuration bucket's copy: what is known, and what only a direct read finds."""

    def __init__(self) -> None:
        self.ready = True
        self.known: dict[str, ProviderConfig] = {}
        self.elsewhere: dict[str, ProviderConfig] = {}
        self.direct_reads = 0

    def provider(self, identifier: str) -> ProviderConfig | None:
        return self.known.get(identifier)

    async def fetch_provider(self, identifier: str) -> ProviderConfig | None:
        self.direct_reads += 1
        return self.elsewhere.get(identifier)


class Gate:
    """The use case with everything it needs."""

    def __init__(self, keyring: Keyring, clock: FrozenClock) -> None:
        self.keyring, self.clock = keyring, clock
        self.config, self.stream, self.coalescer = Config(), Stream(), Coalescer()
        self.seconds = 1000.0
        self.thin_events = ThinEventCoalescer(monotonic=lambda: self.seconds, pause=self.pause)
        self.thin_event_limits = ThinEventBuckets(Buckets(POLICIES, secret=b"test", monotonic=lambda: self.seconds))
        self.pauses: list[asyncio.Future[None]] = []
        self.accounts = ConfigAccounts(
            self.config,  # type: ignore[arg-type]  # a fake cache
            keyring,
            webhooks_of,
            monotonic=lambda: self.seconds,
        )
        self.config.known[PROVIDER] = self.provider()

    def provider(self, *, version: int = 1, secrets: tuple[str, ...] = (SECRET, OLD_SECRET)) -> ProviderConfig:
        sealed = tuple(seal_provider_secret(self.keyring, PROVIDER, "webhookSecret", secret) for secret in secrets)
        return ProviderConfig(
            id=PROVIDER,
            organization_id=TEST_ORGANIZATION,
            version=version,
            type="stripe",
            label="Card",
            livemode=False,
            secrets={"webhookSecret": sealed},
        )

    def signature(self, body: bytes = BODY, secret: str = SECRET, age_s: int = 0) -> dict[str, str]:
        timestamp = int((self.clock.now() - timedelta(seconds=age_s)).timestamp())
        return {"stripe-signature": f"t={timestamp},v1={sign(body, secret, timestamp)}"}

    async def pause(self, _seconds: float) -> None:
        """Until `pass_time`."""
        self.pauses.append(asyncio.get_running_loop().create_future())
        await self.pauses[-1]

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds
        for pause in self.pauses:
            pause.set_result(None)
        self.pauses.clear()

    async def accept(
        self,
        body: bytes = BODY,
        headers: dict[str, str] | None = None,
        *,
        provider_type: str = "stripe",
        provider_id: str = PROVIDER,
        sender: Sender = NO_SENDER,
    ) -> Acceptance:
        signed = self.signature(body) if headers is None else headers
        return await accept_webhook(
            Webhook(provider_type, provider_id, signed, body, sender),
            accounts=self.accounts,
            sealer=self.keyring,
            store=self.stream,
            coalescer=self.coalescer,
            thin_events=self.thin_events,
            thin_event_limits=self.thin_event_limits,
            clock=self.clock,
        )


@pytest.fixture
def gate(keyring: Keyring, frozen_clock: FrozenClock) -> Gate:
    return Gate(keyring, frozen_clock)


async def test_genuine_webhook_is_stored_encrypted_for_its_organization(gate: Gate) -> None:
    assert await gate.accept() == Acceptance(stored=1, duplicates=0)

    [event] = gate.stream.events
    assert event.subject == f"provider.event_received.v1.{TEST_ORGANIZATION}"
    assert (event.provider_id, event.provider_type, event.livemode, event.verified) == (PROVIDER, "stripe", False, True)
    assert event.received_at == "2026-01-15T12:00:00.000Z"
    assert len(event.event_id) == 32
    assert b"evt_1" not in event.body
    plain = gate.keyring.decrypt_raw(
        event.dek_version, event.body, TEST_ORGANIZATION, AAD_COLLECTION, event.event_id, AAD_FIELD
    )
    assert plain == BODY


async def test_same_event_again_is_accepted_and_not_stored(gate: Gate) -> None:
    await gate.accept()

    assert await gate.accept(headers=gate.signature(age_s=3)) == Acceptance(stored=0, duplicates=1)
    assert len(gate.stream.events) == 1


async def test_secret_that_is_being_rotated_out_still_verifies(gate: Gate) -> None:
    assert (await gate.accept(headers=gate.signature(secret=OLD_SECRET))).stored == 1


async def test_new_version_of_the_provider_brings_its_new_secrets(gate: Gate) -> None:
    await gate.accept()
    gate.config.known[PROVIDER] = gate.provider(version=2, secrets=("whsec_next",))

    with pytest.raises(SignatureRefused):
        await gate.accept()


@pytest.mark.parametrize(
    "headers",
    [
        lambda gate: {},
        lambda gate: {"stripe-signature": ""},
        lambda gate: {"stripe-signature": "t=1,v1=00"},
        lambda gate: gate.signature(secret="whsec_wrong"),
        lambda gate: gate.signature(body=BODY + b" "),
        lambda gate: gate.signature(age_s=301),
        lambda gate: gate.signature(age_s=-301),
    ],
    ids=["missing", "empty", "garbage", "wrong secret", "other body", "stale", "from the future"],
)
async def test_webhook_that_is_not_genuine_is_refused(gate: Gate, headers: Callable[[Gate], dict[str, str]]) -> None:
    with pytest.raises(SignatureRefused) as refusal:
        await gate.accept(headers=headers(gate))

    assert (refusal.value.status, refusal.value.code) == (400, "WEBHOOK_SIGNATURE_INVALID")
    assert SECRET not in refusal.value.reason
    assert gate.stream.events == []


async def test_provider_without_webhook_secret_verifies_nothing(gate: Gate) -> None:
    gate.config.known[PROVIDER] = gate.provider(version=2, secrets=())

    with pytest.raises(SignatureRefused):
        await gate.accept(headers=gate.signature(secret=""))


@pytest.mark.parametrize("body", [b"[]", b"{", b"{}", b'{"object":"event","id":"evt_1"}'])
async def test_genuine_body_in_another_format_is_refused(gate: Gate, body: bytes) -> None:
    with pytest.raises(BodyUnreadable) as refusal:
        await gate.accept(body)

    assert (refusal.value.status, refusal.value.code) == (400, "WEBHOOK_UNREADABLE")
    assert gate.stream.events == []


@pytest.mark.parametrize(
    ("provider_type", "provider_id"),
    [("wire", PROVIDER), ("mollie", PROVIDER), ("stripe", "65a5000000000000000000ff"), ("stripe", "nonsense")],
)
async def test_unknown_provider_or_type_is_not_found(gate: Gate, provider_type: str, provider_id: str) -> None:
    with pytest.raises(ProviderUnknown) as refusal:
        await gate.accept(provider_type=provider_type, provider_id=provider_id)

    assert (refusal.value.status, refusal.value.code) == (404, "PROVIDER_NOT_FOUND")


async def test_provider_that_only_a_direct_read_finds_is_accepted(gate: Gate) -> None:
    gate.config.elsewhere[PROVIDER] = gate.config.known.pop(PROVIDER)

    assert (await gate.accept()).stored == 1
    assert gate.config.direct_reads == 1


async def test_invented_ids_of_one_address_leave_the_others_their_reads(gate: Gate) -> None:
    stranger, provider = Sender("203.0.113.66"), Sender("203.0.113.5")
    new = "65a5000000000000000000cd"
    sealed = seal_provider_secret(gate.keyring, new, "webhookSecret", SECRET)
    record = gate.provider().model_copy(update={"id": new, "secrets": {"webhookSecret": (sealed,)}})
    gate.config.elsewhere[new] = record
    refused = 0
    for number in range(0x1000, 0x1000 + 300):
        with pytest.raises((ProviderUnknown, Transient)) as refusal:
            await gate.accept(provider_id=f"65a5{number:020x}", sender=stranger)
        refused += refusal.type is Transient

    assert (gate.config.direct_reads, refused) == (OF_SENDER.capacity, 300 - OF_SENDER.capacity)
    assert (await gate.accept(provider_id=new, sender=provider)).stored == 1


async def test_reads_that_hang_for_one_address_leave_the_others_theirs(gate: Gate) -> None:
    free = asyncio.Event()
    fetch = gate.config.fetch_provider

    async def slow(identifier: str) -> ProviderConfig | None:
        found = await fetch(identifier)
        await free.wait()
        return found

    gate.config.fetch_provider = slow  # type: ignore[method-assign]  # a broker that takes its time
    flood = [
        asyncio.ensure_future(gate.accept(provider_id=f"65a5{number:020x}", sender=Sender("203.0.113.66")))
        for number in range(10)
    ]
    await asyncio.sleep(0)
    other = asyncio.ensure_future(gate.accept(provider_id="65a5000000000000000000ee", sender=Sender("203.0.113.5")))
    await asyncio.sleep(0)

    assert gate.config.direct_reads == AT_ONCE_PER_SENDER + 1
    free.set()
    with pytest.raises(ProviderUnknown):
        await other
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(outcome, Transient) for outcome in outcomes) == 10 - AT_ONCE_PER_SENDER


async def test_unknown_id_is_read_directly_only_once_in_a_while(gate: Gate) -> None:
    for _ in range(3):
        with pytest.raises(ProviderUnknown):
            await gate.accept(provider_id="65a5000000000000000000ff")

    assert gate.config.direct_reads == 1


async def test_before_the_first_load_no_provider_is_unknown(gate: Gate) -> None:
    gate.config.ready = False

    with pytest.raises(NotReady) as refusal:
        await gate.accept(provider_id="65a5000000000000000000ff")

    assert refusal.value.status == 503
    assert refusal.value.retry_after_s
    assert gate.config.direct_reads == 0


async def test_event_that_could_not_be_stored_is_tried_again(gate: Gate) -> None:
    gate.stream.fail = Transient("no broker", code="BROKER_UNAVAILABLE")
    with pytest.raises(Transient):
        await gate.accept()
    gate.stream.fail = None

    assert (await gate.accept()).stored == 1


async def test_without_the_organizations_key_the_provider_shall_come_back(gate: Gate) -> None:
    for key in (f"dek.org.{TEST_ORGANIZATION}.operational.1",):
        gate.keyring.forget(key)

    with pytest.raises(Transient) as refusal:
        await gate.accept()

    assert refusal.value.code == "KEY_UNAVAILABLE"
    assert gate.stream.events == []


MOLLIE = "65a5000000000000000000ac"
THIN_EVENT = b"id=tr_5B8cwPMGnU6qLbRvo7qEZo"
MOLLIE_SECRET = "the_subscriptions_secret"


@pytest.fixture
def mollie(gate: Gate) -> Gate:
    sealed = seal_provider_secret(gate.keyring, MOLLIE, "webhookSecret", MOLLIE_SECRET)
    gate.config.known[MOLLIE] = gate.provider().model_copy(
        update={"id": MOLLIE, "type": "mollie", "secrets": {"webhookSecret": (sealed,)}}
    )
    return gate


async def thin_event(
    gate: Gate, body: bytes = THIN_EVENT, headers: dict[str, str] | None = None, sender: Sender = NO_SENDER
) -> Acceptance:
    return await gate.accept(body, headers or {}, provider_type="mollie", provider_id=MOLLIE, sender=sender)


async def test_every_thin_event_is_stored_as_unverified(mollie: Gate) -> None:
    for _ in range(3):
        assert await thin_event(mollie) == Acceptance(stored=1, duplicates=0, is_verified=False)
        mollie.pass_time(WINDOW_S)

    assert [event.verified for event in mollie.stream.events] == [False] * 3
    assert len({event.event_id for event in mollie.stream.events}) == 3


async def test_a_signed_thin_event_is_a_thin_event_and_a_wrong_signature_is_refused(mollie: Gate) -> None:
    body = b'{"resource": "event", "id": "event_1", "type": "payment.paid", "entityId": "tr_1"}'

    signed = await thin_event(mollie, body, {"x-mollie-signature": sign_mollie(body, MOLLIE_SECRET)})
    assert signed == Acceptance(stored=1, duplicates=0, is_verified=True)
    with pytest.raises(SignatureRefused):
        await thin_event(mollie, body, {"x-mollie-signature": sign_mollie(body, "another")})

    assert [event.verified for event in mollie.stream.events] == [False]


@pytest.mark.parametrize("body", [b"", b"id=", b"id=../../x", b"{}", b"id=tr_1&id=tr_2"])
async def test_what_is_no_thin_event_is_unreadable(mollie: Gate, body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        await thin_event(mollie, body)
