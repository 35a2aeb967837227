"""Version 1 and 2 of the body."""

import json
from datetime import UTC, datetime

import pytest

from ipn.domain.bodies import body_of
from ipn.domain.changes import Change, Facts, ipn_status_of, ipn_status_of_dispute

CHANGE = Change("01890a5d-ac96-774b-bcce-b302099a8057", "65a500000000000000000009", 1, 4)
WHEN = datetime(2026, 1, 15, 12, 0, 0, 250_000, tzinfo=UTC)


def test_version_1_has_three_fields() -> None:
    facts = Facts("order-42", "INV-1", "cs_secret", WHEN)

    assert body_of(CHANGE, facts, 1) == '{"id":"65a500000000000000000009","externalReference":"order-42","status":1}'


def test_version_1_leaves_out_an_empty_reference() -> None:
    body = body_of(CHANGE, Facts("", "INV-1", "cs_secret", WHEN), 1)

    assert json.loads(body) == {"id": "65a500000000000000000009", "status": 1}


def test_status_zero_is_said() -> None:
    pending = Change("e", "65a500000000000000000009", 0, 2)

    assert json.loads(body_of(pending, Facts(None, None, "cs", WHEN), 1))["status"] == 0


def test_version_2_is_an_envelope() -> None:
    body = json.loads(body_of(CHANGE, Facts(None, "INV-1", "cs_secret", WHEN), 2))

    assert body == {
        "schemaVersion": 2,
        "id": "65a500000000000000000009",
        "externalReference": "INV-1",
        "status": 1,
        "deliveryId": "dlv_01890a5dac96774bbcceb302099a8057",
        "eventVersion": 4,
        "occurredAt": "2026-01-15T12:00:00.250Z",
        "sessionPublicId": "cs_secret",
    }


@pytest.mark.parametrize(
    ("event_type", "status"),
    [
        ("transaction.initiated.v1", None),
        ("transaction.submitted.v1", 0),
        ("transaction.succeeded.v1", 1),
        ("transaction.failed.v1", 2),
        ("transaction.canceled.v1", -2),
        ("transaction.refunded.v1", 3),
        ("transaction.restored.v1", 1),
        ("checkout.created.v1", None),
    ],
)
def test_status_of_an_event(event_type: str, status: int | None) -> None:
    assert ipn_status_of(event_type) == status


@pytest.mark.parametrize(
    ("event_type", "kind", "status", "transaction_status", "expected"),
    [
        ("dispute.opened.v1", "inquiry", "open", "succeeded", None),
        ("dispute.closed.v1", "inquiry", "won", "succeeded", None),
        ("dispute.opened.v1", "chargeback", "open", "succeeded", 4),
        ("dispute.updated.v1", "chargeback", "under_review", "succeeded", None),
        ("dispute.closed.v1", "chargeback", "lost", "succeeded", 4),
        ("dispute.closed.v1", "chargeback", "accepted", "succeeded", 4),
        ("dispute.closed.v1", "bank_return", "lost", "succeeded", 4),
        ("dispute.closed.v1", "chargeback", "won", "succeeded", 1),
        ("dispute.closed.v1", "chargeback", "won", "refunded", 3),
    ],
)
def test_status_of_a_dispute(
    event_type: str, kind: str, status: str, transaction_status: str, expected: int | None
) -> None:
    said = ipn_status_of_dispute(event_type, kind=kind, status=status, transaction_status=transaction_status)
    assert said == expected


def test_only_version_1_speaks_of_disputes() -> None:
    lost = Change("e", "65a500000000000000000009", 4, 7)
    facts = Facts("order-42", None, "cs", WHEN, dispute_id="65a50000000000000000000a", dispute_status="lost")

    assert json.loads(body_of(lost, facts, 1)) == {
        "id": "65a500000000000000000009",
        "externalReference": "order-42",
        "status": 4,
        "disputeStatus": "lost",
        "disputeId": "65a50000000000000000000a",
    }
    assert not {"disputeStatus", "disputeId"} & set(json.loads(body_of(lost, facts, 2)))


def test_the_loss_of_an_invoiced_sale_names_its_credit_note() -> None:
    lost = Change("e", "65a500000000000000000009", 4, 7)
    facts = Facts("order-42", None, "cs", WHEN, credit_note_id="65a50000000000000000000b", credit_note_number="CN-1")

    body = json.loads(body_of(lost, facts, 1))

    assert (body["creditNoteId"], body["creditNoteNumber"]) == ("65a50000000000000000000b", "CN-1")
    assert not {"creditNoteId", "creditNoteNumber"} & set(json.loads(body_of(lost, facts, 2)))
