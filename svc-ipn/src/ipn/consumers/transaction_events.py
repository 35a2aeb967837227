"""Events of svc-transaction become notices."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.dispute import DisputeChange
from gateway_contracts.events.transaction import TransactionChange
from gateway_contracts.requests.invoice import CorrectionRef
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.nats.config_cache import ConfigCache
from gateway_kit.nats.consumers import EventRouter
from gateway_kit.telemetry import current_traceparent
from ipn.domain.changes import SUCCEEDED, Change, Facts, ipn_status_of, ipn_status_of_dispute, says_dispute, takes_back
from ipn.domain.orders import Payment, names_of_order
from ipn.errors import SiteUnknown
from ipn.use_cases.notice import Notice


class TransactionEvents:
    """Notifications and settlements that follow from one event of a payment or of its dispute."""

    def __init__(
        self,
        plan: Callable[[Notice], Awaitable[bool]],
        *,
        settle: Callable[[Payment], Awaitable[None]],
        config: ConfigCache,
        keyring: Keyring,
        credit_note: Callable[[Envelope[Any]], Awaitable[CorrectionRef | None]],
    ) -> None:
        self._plan = plan
        self._settle = settle
        self._credit_note = credit_note
        self._config = config
        self._keyring = keyring

    async def handle(self, event: Envelope[Any]) -> None:
        """Plan the notification of this change, if it makes one; a payment ends those of the order's other checkouts.

        That comes last: an event that comes again makes up for it. The merchant is notified of the payment before.
        """
        is_stored = await self._plan_notice(event)
        if _status(event) == SUCCEEDED and (orders := self._orders(event)):
            await self._settle(Payment(event.organization_id, event.data.checkout_id, orders, is_noted=is_stored))

    async def _plan_notice(self, event: Envelope[Any]) -> bool:
        """Whether a delivery was made just now."""
        notice = await self._notice(event)
        if notice is None:
            return False
        if notice.ipn_version == 1 and isinstance(event.data, DisputeChange) and takes_back(event.data.status):
            notice = _naming(notice, await self._credit_note(event))
        return await self._plan(notice)

    async def _notice(self, event: Envelope[Any]) -> Notice | None:
        data, ipn_status = event.data, _status(event)
        if not isinstance(data, TransactionChange | DisputeChange) or ipn_status is None or data.ipn_url is None:
            return None
        dispute = data if isinstance(data, DisputeChange) else None
        dispute_id = dispute.dispute_id if dispute else None
        # A deleted site takes no more checkouts; what happens to its payments is still said, as it was agreed.
        site = await self._config.fetch_last_site(data.site_id)
        if site is None:
            raise SiteUnknown("the site's settings are not known yet")
        url = self._open(event, "ipn_url", data.ipn_url)
        return Notice(
            change=Change(
                event_id=event.id,
                transaction_id=data.transaction_id,
                ipn_status=ipn_status,
                event_version=dispute.transaction_sequence if dispute else event.sequence,
                notified=data.dispatch_ipn and (dispute is None or says_dispute(site.ipn_version, ipn_status)),
                dispute_id=dispute_id,
            ),
            facts=Facts(
                data.external_reference,
                data.invoice_number,
                self._open(event, "session_public_id", data.session_public_id),
                data.occurred_at,
                dispute_id=dispute_id,
                dispute_status=dispute.status if dispute else None,
            ),
            organization_id=event.organization_id,
            site_id=data.site_id,
            livemode=event.livemode,
            checkout_id=data.checkout_id,
            url=url,
            ipn_version=site.ipn_version,
            traceparent=current_traceparent() or event.traceparent,
            correlation_id=event.correlation_id,
            orders=self._orders(event),
        )

    def _orders(self, event: Envelope[Any]) -> tuple[str, ...]:
        data: TransactionChange | DisputeChange = event.data
        names = names_of_order(
            site_id=data.site_id,
            livemode=event.livemode,
            external_reference=data.external_reference,
            invoice_number=data.invoice_number,
        )
        return tuple(self._keyring.keyed_hash("ipn order", name)[:32] for name in names)

    def _open(self, event: Envelope[Any], field: str, value: EncryptedValue) -> str:
        return self._keyring.decrypt(value, event.organization_id, event.type, event.id, field).decode()


def router(events: TransactionEvents) -> EventRouter:
    """The consumers of payments and disputes."""
    made = EventRouter()

    @made.subscriber("ipn-on-transactions")
    async def on_transaction_changed(event: Envelope[TransactionChange]) -> None:
        """Notify the merchant of a change of a payment."""
        await events.handle(event)

    @made.subscriber("ipn-on-disputes")
    async def on_dispute_changed(event: Envelope[DisputeChange]) -> None:
        """Notify the merchant of a change of a dispute."""
        await events.handle(event)

    return made


def _naming(notice: Notice, note: CorrectionRef | None) -> Notice:
    if note is None:
        return notice
    facts = replace(notice.facts, credit_note_id=note.credit_note_id, credit_note_number=note.number)
    return replace(notice, facts=facts)


def _status(event: Envelope[Any]) -> int | None:
    data = event.data
    if isinstance(data, DisputeChange):
        return ipn_status_of_dispute(
            event.type, kind=data.kind, status=data.status, transaction_status=data.transaction_status
        )
    return ipn_status_of(event.type)
