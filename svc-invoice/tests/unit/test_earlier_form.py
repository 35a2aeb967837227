"""Documents as they were stored when an invoice had one payment: read as they are, with the hash that was sealed."""

from pathlib import Path
from typing import Any

import pytest
from bson import json_util

from invoice.domain.invoice import Invoice
from invoice.domain.legal_content import register_row
from invoice.domain.register import GENESIS, RegisterRow

STORED = Path(__file__).parents[1] / "fixtures" / "stored_before_settlements.json"


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    found: dict[str, Any] = json_util.loads(STORED.read_text(), json_options=json_util.JSONOptions(tz_aware=True))
    return found


def test_an_issued_invoice_keeps_its_money_and_its_seal(stored: dict[str, Any]) -> None:
    row = stored["issued"]
    invoice = Invoice.model_validate({**row, "id": row["_id"]})
    sealed = RegisterRow.model_validate({**stored["register"], "id": stored["register"]["_id"]})

    assert (invoice.state, invoice.credited, invoice.voided) == ("partially_refunded", 1000, False)
    assert (invoice.balance.settled, invoice.balance.refunded, invoice.balance.outstanding) == (12470, 1000, 0)
    assert invoice.payment is not None
    assert invoice.payment.method is not None
    assert (invoice.transaction_ids, invoice.session_hashes) == (("65f0000000000000000000b1",), ("ab" * 32,))
    assert register_row(invoice, 1, GENESIS) == sealed
    assert sealed.computed_seal == sealed.seal


def test_a_draft_keeps_its_reason(stored: dict[str, Any]) -> None:
    draft = Invoice.model_validate({**stored["draft"], "id": stored["draft"]["_id"]})

    assert (draft.state, draft.draft_reason, draft.draft_reasons) == (
        "draft",
        "TAX_RATE_REQUIRED",
        ("TAX_RATE_REQUIRED",),
    )


def test_later_money_does_not_change_the_seal(stored: dict[str, Any]) -> None:
    row = stored["issued"]
    invoice = Invoice.model_validate({**row, "id": row["_id"]})
    payment = invoice.settlements[0]
    more = invoice.settled_by(type(payment)(**{**vars(payment), "transaction_id": "65f0" * 6, "at_issue": False}))

    assert more.balance.settled == 2 * 12470
    assert register_row(more, 1, GENESIS) == register_row(invoice, 1, GENESIS)
