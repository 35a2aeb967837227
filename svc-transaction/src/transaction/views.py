"""Public views of stored objects, with their personal data decrypted."""

import json
from typing import Any

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.requests.dispute import DisputeRecord, HoldRecord
from gateway_contracts.requests.refund import RefundRecord
from gateway_contracts.requests.transaction import CheckoutRecord, TransactionRecord, TransactionStatus
from transaction.domain.as_written import as_written
from transaction.domain.checkout import Checkout
from transaction.domain.dispute import Dispute, Hold
from transaction.domain.records import Case
from transaction.domain.refund import Refund
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.tenant_port import FieldCipher


def open_field(owner: Checkout | Transaction, field: str, *, cipher: FieldCipher) -> str | None:
    """A personal field of a checkout or transaction in clear."""
    collection = "checkouts" if isinstance(owner, Checkout) else "transactions"
    value: EncryptedValue | None = getattr(owner, field)
    return cipher.open(owner.organization_id, collection, owner.id, field, value)


def open_name(owner: Checkout | Transaction, field: str, *, cipher: FieldCipher) -> str:
    """A secret name of a session (``session_public_id``, ``short_code``) in clear: for answers, never for events."""
    name = open_field(owner, field, cipher=cipher)
    assert name is not None, "every session has its names"
    return name


def open_party(owner: Checkout | Transaction, *, cipher: FieldCipher, field: str = "party") -> Party:
    """The buyer, or by the field ``shipping`` the receiver; empty if unknown."""
    text = open_field(owner, field, cipher=cipher)
    return Party.model_validate_json(text) if text else Party()


def open_metadata(owner: Checkout | Transaction, *, cipher: FieldCipher) -> dict[str, str]:
    """The merchant's key-value pairs."""
    text = open_field(owner, "metadata", cipher=cipher)
    metadata: dict[str, str] = json.loads(text) if text else {}
    return metadata


def checkout_record(checkout: Checkout, *, deps: Deps, with_items: bool = True) -> CheckoutRecord:
    """A checkout as its merchant sees it; lists leave the items and addresses out, or a page would not fit into a
    reply."""
    cipher = deps.cipher
    own = ("session_public_id", "short_code", "status", "items", "metadata", "return_url", "cancel_url", "ipn_url")
    party = open_party(checkout, cipher=cipher)
    shipping = open_party(checkout, cipher=cipher, field="shipping") if with_items else Party()
    record = CheckoutRecord(
        **_same(checkout, CheckoutRecord, without=(*own, "shipping")),
        session_public_id=open_name(checkout, "session_public_id", cipher=cipher),
        short_code=open_name(checkout, "short_code", cipher=cipher),
        items=checkout.items if with_items else (),
        status=checkout.status_at(deps.clock.now()),
        email=party.email,
        buyer=party if with_items and party != Party() else None,
        shipping=shipping if shipping != Party() else None,
        return_url=open_field(checkout, "return_url", cipher=cipher),
        cancel_url=open_field(checkout, "cancel_url", cipher=cipher),
        ipn_url=open_field(checkout, "ipn_url", cipher=cipher),
        metadata=open_metadata(checkout, cipher=cipher),
    )
    return as_written(record)


def transaction_record(transaction: Transaction, *, deps: Deps, with_timeline: bool = True) -> TransactionRecord:
    """A transaction as its merchant sees it; lists leave the timeline out."""
    record = TransactionRecord(
        **_same(transaction, TransactionRecord, without=("session_public_id", "status", "metadata", "timeline")),
        session_public_id=open_name(transaction, "session_public_id", cipher=deps.cipher),
        status=public_status(transaction),
        email=open_party(transaction, cipher=deps.cipher).email,
        metadata=open_metadata(transaction, cipher=deps.cipher),
        timeline=transaction.timeline if with_timeline else (),
        sequence=transaction.version,
    )
    return as_written(record)


def public_status(transaction: Transaction) -> TransactionStatus:
    """The state that others see."""
    shown: Any = transaction.status.public
    status: TransactionStatus = shown
    return status


def refund_record(refund: Refund, *, deps: Deps) -> RefundRecord:
    """A refund as its merchant sees it."""
    reason = deps.cipher.open(refund.organization_id, "refunds", refund.id, "reason", refund.reason)
    same = _same(refund, RefundRecord, without=("status", "reason"))
    return as_written(RefundRecord(**same, status=refund.state.value, reason=reason))


def dispute_record(dispute: Dispute) -> DisputeRecord:
    """A dispute as its merchant sees it."""
    return as_written(DisputeRecord(**_same(dispute, DisputeRecord, without=("status",)), status=dispute.status.value))


def hold_record(hold: Hold) -> HoldRecord:
    """Public view of a restriction of a customer."""
    return HoldRecord(**_same(hold, HoldRecord, without=()))


def case_record(case: Case) -> CaseRecord:
    """A case as its merchant sees it."""
    return as_written(CaseRecord(**_same(case, CaseRecord, without=())))


def _same(source: object, target: type[Any], *, without: tuple[str, ...]) -> dict[str, Any]:
    """The fields that stored object and record have in common."""
    names = (name for name in target.model_fields if name not in without and hasattr(source, name))
    return {name: getattr(source, name) for name in names}
