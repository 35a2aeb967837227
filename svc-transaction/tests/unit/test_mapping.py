"""What is stored comes back as it was."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from beanie import Document

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.requests.transaction import Failure, TimelineEntry
from transaction.domain.checkout import Checkout
from transaction.domain.dispute import Dispute, Hold
from transaction.domain.records import Case, ProviderOperation, Receipt
from transaction.domain.refund import Refund
from transaction.domain.states import Status
from transaction.domain.transaction import Transaction
from transaction.store.documents import (
    DOCUMENTS,
    CaseDocument,
    CheckoutDocument,
    DisputeDocument,
    HoldDocument,
    ProviderOperationDocument,
    ReceiptDocument,
    RefundDocument,
    TransactionDocument,
)
from transaction.store.mapping import to_domain, to_raw

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SEALED = EncryptedValue(v=1, c="")


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents ask for their collection when they are made, and these are not stored."""
    monkeypatch.setattr(Document, "get_pymongo_collection", classmethod(lambda cls: None))


def test_a_transaction_with_much_and_with_little() -> None:
    little = Transaction(
        id="t",
        organization_id="o",
        livemode=False,
        site_id="s",
        checkout_id="c",
        session_public_id=SEALED,
        session_hash="h",
        provider_id="p",
        provider_type="stripe",
        status=Status.UNKNOWN,
        version=1,
        amount=4900,
        currency="EUR",
        created_at=NOW,
        updated_at=NOW,
    )
    entry = TimelineEntry(
        at=NOW, type="declined", effect="applied", from_status="initiated", to_status="failed", source="provider"
    )
    much = Transaction(
        **{
            **vars(little),
            "status": Status.FAILED,
            "captured": 1,
            "party": SEALED,
            "failure": Failure(code="card_declined", message="no"),
            "timeline": (entry, entry),
            "deadline_at": NOW + timedelta(days=1),
        }
    )

    for transaction in (little, much):
        found = to_domain(TransactionDocument.model_validate(to_raw(transaction)), Transaction)
        assert found == transaction
        assert isinstance(found.status, Status)


def test_a_field_that_an_older_version_did_not_store_has_its_default() -> None:
    call = ProviderOperation(
        id="x", organization_id="o", livemode=True, transaction_id="t", provider_id="p", kind="ask",
        due_at=NOW, created_at=NOW,
    )  # fmt: skip
    raw = to_raw(call)
    del raw["attempts"]

    assert to_domain(ProviderOperationDocument.model_validate(raw), ProviderOperation) == call


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (ProviderOperationDocument, ProviderOperation),
        (CaseDocument, Case),
        (CheckoutDocument, Checkout),
        (DisputeDocument, Dispute),
        (HoldDocument, Hold),
        (ReceiptDocument, Receipt),
        (RefundDocument, Refund),
        (TransactionDocument, Transaction),
    ],
)
def test_documents_declare_the_fields_of_their_domain_objects(document: type[Document], kind: Any) -> None:
    assert {field.name for field in fields(kind)} <= set(document.model_fields)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_document_is_parsed_lazily(document: Any) -> None:
    """Its values would not be there yet when they are read."""
    assert not getattr(document.Settings, "lazy_parsing", False)
