"""Events of other services that people learn of, if their organization wants it."""

from datetime import datetime, timedelta
from typing import Any, Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.credit_note import CreditNoteRenderedV2
from gateway_contracts.events.invoice import CreditNoteRenderedV1, InvoiceRenderedV1
from gateway_contracts.events.tenancy import OF_INSTALLATION, MemberInvitedV1
from gateway_contracts.events.transaction import Party, TransactionFailedV1, TransactionSucceededV1
from gateway_contracts.notification_fields import NoticeKind
from gateway_contracts.requests.notify import DocumentKind
from gateway_kit.mongo.unit_of_work import InboxKey
from notify.domain.notice import Notice, Recipient
from notify.ports import Deps
from notify.use_cases.plan_messages import plan_messages, store_messages
from notify.use_cases.settings_of import mail_server_of, settings_of

Rendered = Envelope[InvoiceRenderedV1] | Envelope[CreditNoteRenderedV1] | Envelope[CreditNoteRenderedV2]

DOCUMENT_FRESH: Final = timedelta(days=7)
"""A document that is rendered again later than this is announced no more."""


async def announce_success(event: Envelope[TransactionSucceededV1], consumer: str, *, deps: Deps) -> int:
    """Messages about a payment that succeeded."""
    data, scope = event.data, _scope(event)
    settings = await settings_of(scope, deps.stores)
    if not settings.announces("payment.succeeded"):
        return 0
    party = Party()
    if data.party is not None:
        text = deps.sealer.open(data.party, event.organization_id, event.type, event.id, "party")
        party = Party.model_validate_json(text)
    notice = _payment(event, "payment.succeeded", party.email, data.locale, {"customer": party.name})
    return await plan_messages(notice, settings, inbox=InboxKey(consumer, event.id), deps=deps)


async def announce_failure(event: Envelope[TransactionFailedV1], consumer: str, *, deps: Deps) -> int:
    """Messages about a payment that failed."""
    settings = await settings_of(_scope(event), deps.stores)
    if not settings.announces("payment.failed"):
        return 0
    email = await deps.payments.email_of(event.data.transaction_id, scope=_scope(event))
    notice = _payment(event, "payment.failed", email, None, {"reason": event.data.failure_code})
    return await plan_messages(notice, settings, inbox=InboxKey(consumer, event.id), deps=deps)


async def announce_document(event: Rendered, consumer: str, *, deps: Deps) -> int:
    """Messages about a document whose PDF is made."""
    kind: DocumentKind = "invoice" if isinstance(event.data, InvoiceRenderedV1) else "credit_note"
    notice_kind: NoticeKind = "invoice.issued" if kind == "invoice" else "credit_note.issued"
    scope = _scope(event)
    settings = await settings_of(scope, deps.stores)
    if not settings.announces(notice_kind):
        return 0
    described = await deps.documents.describe(kind, event.entity_id, scope=scope)
    if described.issued_at is None or not _is_fresh(described.issued_at, event.time):
        return 0
    notice = Notice(
        scope=scope,
        kind=notice_kind,
        object_id=event.entity_id,
        customer=described.email,
        locale=None,
        correlation_id=event.correlation_id,
        site_id=described.site_id,
        document=kind,
        facts=described.facts,
    )
    return await plan_messages(notice, settings, inbox=InboxKey(consumer, event.id), deps=deps)


async def announce_invitation(event: Envelope[MemberInvitedV1], consumer: str, *, deps: Deps) -> int:
    """A mail with the link of an invitation, wherever mail can be sent: invitations need no setting.

    Those who will run the installation get it by the installation's mail server.
    """
    data, scope = event.data, Scope(event.organization_id, livemode=True)
    is_operators = event.organization_id == OF_INSTALLATION
    settings = await settings_of(scope, deps.stores)
    names = deps.organizations.names(scope)
    if mail_server_of(settings, names.organization, deps) is None:
        return 0

    def opened(field: str) -> str | None:
        value = getattr(data, field)
        return value and deps.sealer.open(value, event.organization_id, event.type, event.id, field)

    notice = Notice(
        scope=scope,
        kind="operator.invited" if is_operators else "member.invited",
        # A new invitation of the same member is another one.
        object_id=data.object_id,
        customer=None,
        locale=None,
        correlation_id=event.correlation_id,
        facts={
            "customer": opened("name"),
            "link": opened("link"),
            "role": data.role,
            "date": data.valid_until.isoformat(),
        },
        occasion=event.id,
    )
    language = deps.operators_language if is_operators else settings.locale
    recipient = Recipient("email", "member", opened("email") or "", language)
    return await store_messages(notice, [recipient], settings, inbox=InboxKey(consumer, event.id), deps=deps)


def _scope(event: Envelope[Any]) -> Scope:
    return Scope(event.organization_id, event.livemode)


def _is_fresh(issued_at: datetime, now: datetime) -> bool:
    return now - issued_at < DOCUMENT_FRESH


def _payment(
    event: Envelope[Any], kind: NoticeKind, email: str | None, locale: str | None, facts: dict[str, str | None]
) -> Notice:
    data = event.data
    return Notice(
        scope=_scope(event),
        kind=kind,
        object_id=data.transaction_id,
        customer=email,
        locale=locale,
        correlation_id=event.correlation_id,
        site_id=data.site_id,
        facts={
            "amount": data.amount,
            "currency": data.currency,
            "date": data.occurred_at.isoformat(),
            "reference": data.external_reference,
            **facts,
        },
    )
