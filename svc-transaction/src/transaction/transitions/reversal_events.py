"""Events about refunds, disputes and cases."""

from typing import Any, Final, assert_never

from gateway_contracts.events.checkout import CaseClosedV1, CaseOpenedV1
from gateway_contracts.events.dispute import DisputeChange, DisputeClosedV1, DisputeOpenedV1, DisputeUpdatedV1
from gateway_contracts.events.refund import RefundFailedV1, RefundRequestedV1, RefundSucceededV1
from gateway_contracts.ids import new_event_id
from gateway_contracts.sale_facts import OrderFacts, facts_of
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.dispute import UNDECIDED, Dispute
from transaction.domain.records import Case
from transaction.domain.refund import Refund, RefundState
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.tenant_port import FieldCipher
from transaction.transitions.events import moved, moved_session

_OF_TRANSACTION: Final = ("checkout_id", "site_id", *OrderFacts.model_fields, "captured", "refunded")
_OF_REFUND: Final = ("transaction_id", "provider_id", "provider_type", "amount", "currency", "lines", "funds", "source")


def emit_refund_event(tx: Tx, refund: Refund, transaction: Transaction, *, before: RefundState | None = None) -> None:
    """The event of the state that the refund has now; a refund that merely waits says nothing new."""
    fields: dict[str, Any] = {
        "refund_id": refund.id,
        "status": refund.state.value,
        "failure_code": refund.failure.code if refund.failure else None,
        "occurred_at": tx.now,
    }
    fields |= {name: getattr(transaction, name) for name in _OF_TRANSACTION}
    fields |= {name: getattr(refund, name) for name in _OF_REFUND}
    data: RefundRequestedV1 | RefundSucceededV1 | RefundFailedV1
    match refund.state:
        case RefundState.SUCCEEDED:
            data = RefundSucceededV1(**fields)
        case RefundState.FAILED | RefundState.CANCELED:
            data = RefundFailedV1(**fields, was_succeeded=before is RefundState.SUCCEEDED)
        case RefundState.REQUESTED | RefundState.PENDING | RefundState.UNKNOWN:
            if before is not None:
                return
            data = RefundRequestedV1(**fields)
        case _:
            assert_never(refund.state)
    tx.emit(
        data,
        organization_id=refund.organization_id,
        livemode=refund.livemode,
        entity_id=refund.id,
        sequence=refund.version,
    )


def emit_dispute_event(
    tx: Tx,
    dispute: Dispute,
    transaction: Transaction,
    transition: Transition,
    *,
    before: Dispute | None,
    cipher: FieldCipher,
) -> None:
    """The event of what changed: opened, decided, or anything between."""
    kind: type[DisputeChange] = DisputeUpdatedV1
    if dispute.status not in UNDECIDED and (before is None or before.status is not dispute.status):
        kind = DisputeClosedV1
    elif before is None or (before.kind == "inquiry" and dispute.kind != "inquiry"):
        kind = DisputeOpenedV1
    event_id = new_event_id()
    tx.emit(
        kind(
            dispute_id=dispute.id,
            transaction_id=transaction.id,
            transaction_sequence=transaction.version,
            transaction_status=transaction.status.public,
            checkout_id=transaction.checkout_id,
            session_public_id=moved_session(cipher, transaction, kind.TYPE, event_id),
            site_id=transaction.site_id,
            provider_id=dispute.provider_id,
            provider_type=dispute.provider_type,
            kind=dispute.kind,
            status=dispute.status.value,
            amount=dispute.amount,
            currency=dispute.currency,
            funds_withdrawn=dispute.funds_withdrawn,
            **facts_of(transaction, OrderFacts),
            ipn_url=moved(cipher, transaction, "ipn_url", transaction.ipn_url, kind.TYPE, event_id),
            dispatch_ipn=transition.dispatch_ipn,
            manual=transition.manual,
            occurred_at=tx.now,
        ),
        organization_id=dispute.organization_id,
        livemode=dispute.livemode,
        entity_id=dispute.id,
        sequence=dispute.version,
        event_id=event_id,
        causation_id=transition.event_id,
    )


def emit_case_opened(tx: Tx, case: Case) -> None:
    """A person is needed."""
    tx.emit(
        CaseOpenedV1(
            case_id=case.id,
            kind=case.kind,
            transaction_id=case.transaction_id,
            site_id=case.site_id,
            provider_id=case.provider_id,
            amount=case.amount,
            currency=case.currency,
            occurred_at=tx.now,
        ),
        organization_id=case.organization_id,
        livemode=case.livemode,
        entity_id=case.id,
        sequence=case.version,
    )


def emit_case_closed(tx: Tx, case: Case) -> None:
    """Emit the event of a case that was decided."""
    tx.emit(
        CaseClosedV1(
            case_id=case.id,
            kind=case.kind,
            resolution=case.status,
            transaction_id=case.transaction_id,
            site_id=case.site_id,
            provider_id=case.provider_id,
            amount=case.amount,
            currency=case.currency,
            opened_at=case.created_at,
            refund_id=case.refund_id,
            occurred_at=tx.now,
        ),
        organization_id=case.organization_id,
        livemode=case.livemode,
        entity_id=case.id,
        sequence=case.version,
    )
