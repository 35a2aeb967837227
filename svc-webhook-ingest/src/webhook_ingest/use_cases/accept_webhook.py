"""Take a provider's webhook: verify, cut into events, keep each of them once."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from gateway_contracts.clock import Clock
from gateway_contracts.errors import Unreadable
from gateway_contracts.events.provider import AAD_COLLECTION, AAD_FIELD, ReceivedProviderEvent
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import ParsedEvent
from webhook_ingest.domain.coalescing import Coalescer
from webhook_ingest.domain.event_id import event_id_of, thin_event_id_of
from webhook_ingest.domain.thin_events import ThinEventCoalescer
from webhook_ingest.errors import BodyUnreadable, SignatureRefused
from webhook_ingest.ports import Account, Accounts, EventStore, Sealer, ThinEventLimits, Webhook


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How many events were stored now, and how many already were.

    Attributes:
        is_verified: the provider has signed them.
    """

    stored: int
    duplicates: int
    is_verified: bool = True


async def accept_webhook(
    webhook: Webhook,
    *,
    accounts: Accounts,
    sealer: Sealer,
    store: EventStore,
    coalescer: Coalescer,
    thin_events: ThinEventCoalescer,
    thin_event_limits: ThinEventLimits,
    clock: Clock,
) -> Acceptance:
    """Return only when every event of the body is stored durably; idempotent on the provider's event ids.

    A thin event is stored as unverified, under an id of its own: every later change of the object comes with
    the same id again. Those of a short time are taken together (`ThinEventCoalescer`), and unsigned ones are limited.

    Raises:
        ProviderUnknown, SignatureRefused, BodyUnreadable: nothing is stored.
        RateLimited: too many unsigned thin events; nothing is stored.
        Transient, OutcomeUnknown: not everything is known to be stored; the provider must send it again.
    """
    account = await accounts.find(webhook.provider_type, webhook.provider_id, webhook.sender)
    if account.webhooks.is_test(webhook.headers):
        return Acceptance(stored=0, duplicates=0, is_verified=False)
    await _prepare(account, webhook)
    now = clock.now()
    events = _genuine_events(account, webhook, now)
    received_at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    is_thin_event = account.webhooks.is_thin_event(webhook.body, webhook.headers)
    is_signed = account.webhooks.is_signed(webhook.headers)

    def admit() -> None:
        if not is_signed:
            thin_event_limits.admit(account.id, webhook.sender)

    async def keep(event: ParsedEvent) -> bool:
        key = event_id_of(account.id, event.provider_event_id)
        event_id = thin_event_id_of(account.id, event.provider_event_id) if is_thin_event else key

        async def put() -> None:
            await store.put(_sealed(account, event_id, event.raw, received_at, sealer, is_thin_event=is_thin_event))

        return await (thin_events.store(key, put, admit=admit) if is_thin_event else coalescer.once(key, put))

    if len(events) == 1:
        stored = int(await keep(events[0]))
    else:
        stored = sum(await asyncio.gather(*(keep(event) for event in events)))
    return Acceptance(stored, len(events) - stored, is_verified=is_signed)


async def _prepare(account: Account, webhook: Webhook) -> None:
    try:
        await account.webhooks.prepare(webhook.headers, webhook.sender)
    except SignatureInvalid as exc:
        raise _refused(account, exc) from exc


def _refused(account: Account, exc: SignatureInvalid) -> SignatureRefused:
    return SignatureRefused(exc.reason, answer_status=account.webhooks.signature_failure_status)


def _genuine_events(account: Account, webhook: Webhook, now: datetime) -> list[ParsedEvent]:
    try:
        account.webhooks.verify(webhook.body, webhook.headers, account.secrets, now)
    except SignatureInvalid as exc:
        raise _refused(account, exc) from exc
    try:
        return account.webhooks.split(webhook.body)
    except Unreadable as exc:
        raise BodyUnreadable(exc.message) from exc


def _sealed(
    account: Account, event_id: str, raw: bytes, received_at: str, sealer: Sealer, *, is_thin_event: bool
) -> ReceivedProviderEvent:
    version, blob = sealer.encrypt_raw(account.organization_id, AAD_COLLECTION, event_id, AAD_FIELD, raw)
    return ReceivedProviderEvent(
        event_id=event_id,
        organization_id=account.organization_id,
        provider_id=account.id,
        provider_type=account.type,
        livemode=account.livemode,
        dek_version=version,
        received_at=received_at,
        verified=not is_thin_event,
        body=blob,
    )
