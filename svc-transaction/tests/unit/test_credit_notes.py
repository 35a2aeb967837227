"""Answers of svc-invoice about a lost dispute's credit note, and its silence."""

from typing import Any

import pytest

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import GatewayError, Transient
from gateway_contracts.requests.invoice import GET_CORRECTION, CorrectionQuery, CorrectionRef
from transaction.adapters.credit_notes import PATIENCE_S, InvoiceCreditNotes
from transaction.ports import CreditNote


class Invoices:
    """svc-invoice with one answer."""

    def __init__(self, answer: CorrectionRef | GatewayError) -> None:
        self.answer = answer
        self.asked: list[tuple[CorrectionQuery, Actor]] = []

    async def call(
        self, method: Any, request: CorrectionQuery, *, actor: Actor, timeout_s: float | None = None
    ) -> CorrectionRef:
        assert (method, timeout_s) == (GET_CORRECTION, PATIENCE_S)
        self.asked.append((request, actor))
        if isinstance(self.answer, GatewayError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (CorrectionRef(state="issued", credit_note_id="c", number="CN-1"), CreditNote("c", "CN-1")),
        (CorrectionRef(state="none"), None),
        (CorrectionRef(state="unknown"), None),
        (Transient("no answer", code="SERVICE_TIMEOUT"), None),
    ],
)
async def test_the_credit_note_of_a_dispute(answer: CorrectionRef | GatewayError, note: CreditNote | None) -> None:
    invoices = Invoices(answer)
    found = await InvoiceCreditNotes(invoices, service="svc-transaction").of_dispute(
        Scope("o" * 24, True), transaction_id="t", dispute_id="d"
    )

    assert found == note
    [(query, actor)] = invoices.asked
    assert (query.transaction_id, query.origin_id) == ("t", "d")
    assert (actor.organization_id, actor.livemode, actor.scopes) == ("o" * 24, True, ("credit_note:read",))
